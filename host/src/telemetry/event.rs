//! The fields of one event, taken apart: who it is about, what is said, and the rest.

use std::fmt::{Debug, Write};

use serde_json::Value;
use tracing::Event;
use tracing::field::{Field, Visit};

/// The fields of an event.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// What is said.
    pub message: String,
    /// All others, in their order.
    pub others: Vec<(&'static str, Value)>,
}

impl Fields {
    /// Takes an event apart.
    pub fn of(event: &Event<'_>) -> Fields {
        let mut fields = Fields::default();
        event.record(&mut fields);
        fields
    }

    /// A field by its name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.others
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    fn put(&mut self, field: &Field, value: Value) {
        if field.name() == "message" {
            self.message = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
        } else {
            self.others.push((field.name(), value));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // A `Debug` that fails has said what it could.
        let _ = write!(text, "{value:?}");
        self.put(field, text.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, value.to_string().into());
    }
}
