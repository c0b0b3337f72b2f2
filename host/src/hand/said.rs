//! What happened, as a line for people or as an object for programs.

use serde_json::{Value, json};

use crate::out;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// The component emitted.
    Emit {
        /// On which stream.
        stream: String,
        /// The values.
        values: Value,
        /// The numbers of the inputs it is anchored to.
        anchors: Vec<String>,
        /// A spout's message id.
        id: Option<Value>,
        /// The task of a direct emit.
        task: Option<u32>,
    },
    /// It acked an input: its number and values.
    Ack(String, Value),
    /// It failed one.
    Fail(String, Value),
    /// A spout was told what became of what it emitted: `ack` or `fail`, and the id.
    Told(&'static str, Value),
    /// It wrote to the log: level and text.
    Log(&'static str, String),
    /// It told of an error.
    Error(String),
    /// A figure.
    Metric(String, Value),
    /// A line on standard error.
    Stderr(String),
    /// A line that it printed between messages.
    Print(String),
    /// It never answered an input.
    Unanswered(String, Value),
    /// It left.
    Left(String),
}

impl Said {
    /// Writes it to standard output. Nobody may be reading any more: that is no reason to fail.
    pub fn show(&self, json: bool) {
        let line = if json {
            self.json().to_string()
        } else {
            self.text()
        };
        let _ = out::data(&(line + "\n"));
    }

    fn text(&self) -> String {
        match self {
            Said::Emit {
                stream,
                values,
                anchors,
                id,
                task,
            } => {
                let mut line = format!("emit   {values}");
                if stream != "default" {
                    line += &format!(" on {stream}");
                }
                if let Some(task) = task {
                    line += &format!(" to task {task}");
                }
                if let Some(id) = id {
                    line += &format!(" id {id}");
                }
                if !anchors.is_empty() {
                    line += &format!(" from #{}", anchors.join(", #"));
                }
                line
            }
            Said::Ack(id, values) => format!("ack    #{id} {values}"),
            Said::Fail(id, values) => format!("fail   #{id} {values}"),
            Said::Told(verdict, id) => format!("told   {verdict} {id}"),
            Said::Log(level, text) => format!("log    {level}: {text}"),
            Said::Error(text) => format!("error  {text}"),
            Said::Metric(name, value) => format!("metric {name} = {value}"),
            Said::Stderr(text) => format!("stderr {text}"),
            Said::Print(text) => format!("print  {text}"),
            Said::Unanswered(id, values) => {
                format!("none   #{id} {values}: neither acked nor failed")
            }
            Said::Left(how) => format!("end    it {how}"),
        }
    }

    fn json(&self) -> Value {
        match self {
            Said::Emit {
                stream,
                values,
                anchors,
                id,
                task,
            } => {
                let mut said = serde_json::Map::from_iter([
                    ("emit".to_owned(), json!(values)),
                    ("stream".to_owned(), json!(stream)),
                    ("anchors".to_owned(), json!(anchors)),
                ]);
                said.extend(id.clone().map(|id| ("id".to_owned(), id)));
                said.extend(task.map(|task| ("task".to_owned(), task.into())));
                Value::Object(said)
            }
            Said::Ack(id, values) => json!({"ack": id, "tuple": values}),
            Said::Fail(id, values) => json!({"fail": id, "tuple": values}),
            Said::Told(verdict, id) => json!({"told": verdict, "id": id}),
            Said::Log(level, text) => json!({"log": text, "level": level}),
            Said::Error(text) => json!({"error": text}),
            Said::Metric(name, value) => json!({"metric": name, "value": value}),
            Said::Stderr(text) => json!({"stderr": text}),
            Said::Print(text) => json!({"print": text}),
            Said::Unanswered(id, values) => json!({"unanswered": id, "tuple": values}),
            Said::Left(how) => json!({"left": how}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emit_says_what_is_unusual_about_it() {
        let emit = |stream: &str, anchors: &[&str], id, task| Said::Emit {
            stream: stream.into(),
            values: json!(["cow", 1]),
            anchors: anchors.iter().map(|id| (*id).into()).collect(),
            id,
            task,
        };
        assert_eq!(
            emit("default", &[], None, None).text(),
            r#"emit   ["cow",1]"#
        );
        assert_eq!(
            emit("late", &["1", "2"], None, Some(3)).text(),
            r#"emit   ["cow",1] on late to task 3 from #1, #2"#
        );
        assert_eq!(
            emit("default", &[], Some(json!("x")), None).json(),
            json!({"emit": ["cow", 1], "stream": "default", "anchors": [], "id": "x"})
        );
    }
}
