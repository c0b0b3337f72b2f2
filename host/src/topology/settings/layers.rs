//! The layers that settings come from: each is read once, its slips are collected, and then they are laid over one another.

use serde_json::{Map, Value};

use super::known::{self, Effect, Known, Scope};
use super::{Origin, Setting, Settings};
use crate::errors::Code;
use crate::topology::ir::{ComponentIr, Ir};
use crate::topology::mistake::{Mistake, Place};
use crate::topology::nearest::nearest;
use crate::topology::overrides::{Overrides, typed};

/// What one place says, with what was wrong left out.
#[derive(Clone, Debug, Default)]
struct Layer {
    entries: Vec<(String, Setting)>,
}

/// The layers that all components share.
#[derive(Debug)]
pub(in crate::topology) struct Layers {
    /// Defaults, user's file, topology.
    below: Vec<Layer>,
    /// Environment, `--set key=value`.
    above: Vec<Layer>,
}

impl Layers {
    /// Reads what is said about the topology as a whole. What is wrong with it goes to `mistakes`.
    pub(in crate::topology) fn read(
        ir: &Ir,
        overrides: &Overrides,
        mistakes: &mut Vec<Mistake>,
    ) -> Self {
        let mut read = Reader {
            scope: Scope::Topology,
            owner: None,
            mistakes,
        };
        let mut below = vec![Layer::defaults()];
        if let Some(file) = &overrides.user_file {
            let place = Place {
                file: file.path.clone(),
                line: 0,
            };
            below.push(read.map(
                &file.conf,
                Origin::UserFile(file.path.clone()),
                Some(&place),
            ));
        }
        let place = Place {
            file: ir.file.clone(),
            line: 0,
        };
        below.push(read.map(&ir.conf, Origin::Topology, Some(&place)));
        let environment = read.environment(&overrides.environment);
        let mut set = Layer::default();
        for option in overrides
            .set
            .iter()
            .filter(|option| option.component.is_none())
        {
            read.entry(
                &mut set,
                &option.key,
                &option.value,
                Origin::CommandLine,
                None,
            );
        }
        Layers {
            below,
            above: vec![environment, set],
        }
    }

    /// What is in force for the topology as a whole.
    pub(in crate::topology) fn topology(&self) -> Settings {
        merge(self.below.iter().chain(&self.above))
    }

    /// What is in force for one component. What is wrong with its own settings goes to `mistakes`.
    pub(in crate::topology) fn component(
        &self,
        ir: &ComponentIr,
        overrides: &Overrides,
        mistakes: &mut Vec<Mistake>,
    ) -> Settings {
        let mut read = Reader {
            scope: Scope::Component,
            owner: Some(&ir.id),
            mistakes,
        };
        let mut own = Layer::default();
        if let Some(serializer) = &ir.serializer {
            read.entry(
                &mut own,
                SERIALIZER,
                &Value::from(serializer.as_str()),
                Origin::Component,
                ir.at.as_ref(),
            );
        }
        own.entries.extend(
            read.map(&ir.conf, Origin::Component, ir.at.as_ref())
                .entries,
        );
        let mut set = Layer::default();
        for option in overrides
            .set
            .iter()
            .filter(|option| option.component.as_ref() == Some(&ir.id))
        {
            read.entry(
                &mut set,
                &option.key,
                &option.value,
                Origin::CommandLine,
                None,
            );
        }
        merge(
            self.below
                .iter()
                .chain([&own])
                .chain(&self.above)
                .chain([&set]),
        )
    }
}

const SERIALIZER: &str = "topology.multilang.serializer";

impl Layer {
    fn defaults() -> Self {
        let entries = known::all().iter().map(|known| {
            let setting = Setting {
                value: known.default_value(),
                origin: Origin::Default,
            };
            (known.key.to_owned(), setting)
        });
        Layer {
            entries: entries.collect(),
        }
    }
}

fn merge<'a>(layers: impl Iterator<Item = &'a Layer>) -> Settings {
    let mut settings = Settings::default();
    for (key, setting) in layers.flat_map(|layer| &layer.entries) {
        settings.insert(key, setting.clone());
    }
    settings
}

/// Reads layers and collects what is wrong.
struct Reader<'a> {
    scope: Scope,
    /// The component whose settings are read.
    owner: Option<&'a str>,
    mistakes: &'a mut Vec<Mistake>,
}

impl Reader<'_> {
    fn map(&mut self, conf: &Map<String, Value>, origin: Origin, at: Option<&Place>) -> Layer {
        let mut layer = Layer::default();
        for (key, value) in conf {
            self.entry(&mut layer, key, value, origin.clone(), at);
        }
        layer
    }

    fn entry(
        &mut self,
        layer: &mut Layer,
        key: &str,
        value: &Value,
        origin: Origin,
        at: Option<&Place>,
    ) {
        let Some(known) = known::known(key) else {
            self.unknown(key, &origin, at);
            layer.entries.push((
                key.to_owned(),
                Setting {
                    value: value.clone(),
                    origin,
                },
            ));
            return;
        };
        if self.scope == Scope::Component && known.scope == Scope::Topology {
            let subject = self.subject(key, &origin);
            let mistake = Mistake::warning(
                at,
                format!("{subject} has no effect: it concerns the topology as a whole"),
            )
            .coded(Code::SETTING_OF_ALL);
            self.mistakes.push(mistake.hint("set it for the topology"));
            return;
        }
        match self.value(known, value) {
            Ok(value) => layer
                .entries
                .push((key.to_owned(), Setting { value, origin })),
            Err(expected) => {
                let subject = self.subject(key, &origin);
                let mistake =
                    Mistake::error(at, format!("{subject} should be {expected}, not {value}"))
                        .coded(Code::BAD_SETTING);
                self.mistakes.push(match known.kind.hint(value) {
                    Some(hint) => mistake.hint(hint),
                    None => mistake,
                });
            }
        }
    }

    /// `null` is as good as not set.
    fn value(&self, known: &Known, value: &Value) -> Result<Value, String> {
        if value.is_null() {
            Ok(known.default_value())
        } else {
            known.kind.read(value)
        }
    }

    fn unknown(&mut self, key: &str, origin: &Origin, at: Option<&Place>) {
        // Any other name may be the user's own.
        if known::effect(key) != Effect::Unknown {
            return;
        }
        let subject = self.subject(key, origin);
        let mut mistake =
            Mistake::warning(at, format!("{subject} is no setting that stormhost knows"))
                .coded(Code::UNKNOWN_SETTING);
        if let Some(near) = nearest(key, names()) {
            mistake = mistake.hint(format!("did you mean \"{near}\"?"));
        }
        self.mistakes.push(mistake);
    }

    /// Variables that mean no setting are left alone: some are read elsewhere, and others are none of ours.
    fn environment(&mut self, variables: &[(String, String)]) -> Layer {
        let mut layer = Layer::default();
        for (variable, text) in variables {
            let Some(name) = variable.strip_prefix(PREFIX) else {
                continue;
            };
            let origin = Origin::Environment(variable.clone());
            let key = names().find(|key| in_environment(key) == *variable);
            match key {
                Some(key) => self.entry(&mut layer, key, &typed(key, text), origin, None),
                None if name.starts_with("TOPOLOGY_") => {
                    let mistake = Mistake::warning(
                        None,
                        format!("the variable {variable} means no setting that stormhost knows"),
                    )
                    .coded(Code::UNKNOWN_SETTING);
                    let variables: Vec<String> = names().map(in_environment).collect();
                    let near = nearest(variable, variables.iter().map(String::as_str));
                    self.mistakes.push(match near {
                        Some(near) => mistake.hint(format!("did you mean {near}?")),
                        None => mistake,
                    });
                }
                None => {}
            }
        }
        layer
    }

    /// How a setting is called in a message: by whom it was set, as far as the place does not tell.
    fn subject(&self, key: &str, origin: &Origin) -> String {
        match (origin, self.owner) {
            (Origin::Environment(variable), _) => format!("the variable {variable}"),
            (Origin::CommandLine, Some(owner)) => format!("--set {owner}:{key}"),
            (Origin::CommandLine, None) => format!("--set {key}"),
            (_, Some(owner)) => format!("the setting \"{key}\" of \"{owner}\""),
            (_, None) => format!("the setting \"{key}\""),
        }
    }
}

const PREFIX: &str = "STORMHOST_";

/// Every name that is a setting, of ours or of Storm's.
fn names() -> impl Iterator<Item = &'static str> {
    known::all()
        .iter()
        .map(|known| known.key)
        .chain(known::WITHOUT_EFFECT.iter().copied())
}

/// The variable that sets a setting: `topology.max.spout.pending` is `STORMHOST_TOPOLOGY_MAX_SPOUT_PENDING`, and
/// `stormhost.queue.tuples` is `STORMHOST_QUEUE_TUPLES`.
fn in_environment(key: &str) -> String {
    let key = key.strip_prefix("stormhost.").unwrap_or(key);
    format!("{PREFIX}{}", key.replace(['.', '-'], "_").to_uppercase())
}
