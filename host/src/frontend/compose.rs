//! The text of a file as a tree: the parser's events, with aliases and `<<` followed.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::node::{Node, Yaml};
use super::scalar::Scalar;
use crate::topology::Place;

/// The line, 0 if unknown, and what is wrong there.
pub(super) type Wrong = (u32, String);

/// More than any topology has, and few enough to be held; aliases of aliases would make any number of them.
const MOST_VALUES: usize = 100_000;
/// Twice as deep as SnakeYAML goes, and far from where a stack ends.
const DEEPEST: usize = 100;

/// Reads the one document of a text. An empty one is nothing.
///
/// # Errors
/// When it is no YAML, or a second document follows.
pub(super) fn compose(file: &str, text: &str) -> Result<Node, Wrong> {
    let options = granit_parser::options! { emit_comments: false };
    let mut composer = Composer {
        events: Parser::new_from_str_with_options(text, options),
        file,
        anchors: HashMap::new(),
        values: 0,
    };
    let mut root = None;
    loop {
        let (event, span) = composer.event()?;
        match event {
            Event::StreamEnd => break,
            Event::DocumentStart(..) if root.is_some() => {
                let message = "a second document begins here, and a topology is one";
                return Err((line(&span), message.into()));
            }
            Event::DocumentStart(..) => root = Some(composer.node(0)?),
            _ => {}
        }
    }
    Ok(root.unwrap_or_else(|| Node::nothing(file)))
}

struct Composer<'t> {
    events: Parser<'t, StrInput<'t>>,
    file: &'t str,
    /// What has a name, by its number.
    anchors: HashMap<usize, Node>,
    /// How many there are so far, those behind aliases and those kept for aliases included.
    values: usize,
}

impl<'t> Composer<'t> {
    fn event(&mut self) -> Result<(Event<'t>, Span), Wrong> {
        match self.events.next() {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => {
                let line = u32::try_from(error.marker().line()).unwrap_or(0);
                Err((line, error.info()))
            }
            None => Err((0, "it ends too early".into())),
        }
    }

    fn node(&mut self, depth: usize) -> Result<Node, Wrong> {
        let (event, span) = self.event()?;
        self.node_of(event, &span, depth)
    }

    fn node_of(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Node, Wrong> {
        let line = line(span);
        self.count(1, depth, line)?;
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = text.into_owned();
                let is_plain = is_plain(style, tag.as_deref());
                (Yaml::Scalar(Scalar { text, is_plain }), anchor)
            }
            Event::SequenceStart(_, anchor, _) => (self.list(depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.map(depth)?, anchor),
            Event::Alias(anchor) => {
                let Some(named) = self.anchors.get(&anchor) else {
                    let message = "an alias stands in what it is an alias of";
                    return Err((line, message.into()));
                };
                let (values, height) = named.extent();
                let value = named.value.clone();
                self.count(values, depth + height, line)?;
                (value, 0)
            }
            _ => return Err((line, "a value is missing".into())),
        };
        let node = Node {
            at: self.place(line),
            value,
        };
        // 0 is no anchor.
        if anchor != 0 {
            self.count(node.extent().0, depth, line)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Yaml, Wrong> {
        let mut items = Vec::new();
        loop {
            match self.event()? {
                (Event::SequenceEnd, _) => return Ok(Yaml::List(items)),
                (event, span) => items.push(self.node_of(event, &span, depth + 1)?),
            }
        }
    }

    /// What `<<` brings stands first, so that the map's own entries win.
    fn map(&mut self, depth: usize) -> Result<Yaml, Wrong> {
        let (mut merged, mut own) = (Vec::new(), Vec::new());
        loop {
            let (event, span) = self.event()?;
            if matches!(event, Event::MappingEnd) {
                merged.append(&mut own);
                return Ok(Yaml::Map(merged));
            }
            let key = self.node_of(event, &span, depth + 1)?;
            let value = self.node(depth + 1)?;
            let Yaml::Scalar(key) = key.value else {
                return Err((line(&span), "a key is a list or a map".into()));
            };
            if key.is_plain && key.text == "<<" {
                merged.append(&mut merge(value)?);
            } else {
                own.push((key.text, value));
            }
        }
    }

    fn count(&mut self, values: usize, depth: usize, line: u32) -> Result<(), Wrong> {
        self.values += values;
        if self.values > MOST_VALUES {
            let message =
                format!("there are more than {MOST_VALUES} values, with those behind aliases");
            return Err((line, message));
        }
        if depth > DEEPEST {
            let message = format!("this is nested more than {DEEPEST} levels deep");
            return Err((line, message));
        }
        Ok(())
    }

    fn place(&self, line: u32) -> Place {
        Place {
            file: self.file.to_owned(),
            line,
        }
    }
}

/// The entries of a map, or of several, of which the first that has a key wins.
fn merge(value: Node) -> Result<Vec<(String, Node)>, Wrong> {
    let refused = || {
        (
            value.at.line,
            "`<<` takes a map or a list of maps".to_owned(),
        )
    };
    let maps = match &value.value {
        Yaml::List(maps) => maps.as_slice(),
        _ => std::slice::from_ref(&value),
    };
    let maps: Option<Vec<_>> = maps.iter().rev().map(Node::map).collect();
    Ok(maps.ok_or_else(refused)?.concat())
}

fn is_plain(style: ScalarStyle, tag: Option<&Tag>) -> bool {
    let known = tag.and_then(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"));
    match known.as_deref() {
        Some("str") => false,
        Some("int" | "float" | "bool" | "null") => true,
        // A lone `!` makes a text of what follows it.
        _ => style == ScalarStyle::Plain && tag.is_none_or(|tag| tag.suffix() != "!"),
    }
}

fn line(span: &Span) -> u32 {
    u32::try_from(span.start.line()).unwrap_or(0)
}

/// The keys of a text's outermost map that have a list or a map behind them, up to where the text is no YAML.
pub(super) fn outer_keys(text: &str) -> Vec<String> {
    let options = granit_parser::options! { emit_comments: false };
    let events = Parser::new_from_str_with_options(text, options).map_while(Result::ok);
    let (mut depth, mut key, mut keys) = (0_usize, None, Vec::new());
    for (event, _) in events {
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                keys.extend(key.take());
                depth += 1;
            }
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            Event::Scalar(text, ..) if depth == 1 && key.is_none() => key = Some(text.into_owned()),
            Event::Scalar(..) | Event::Alias(_) if depth == 1 => key = None,
            _ => {}
        }
    }
    keys
}
