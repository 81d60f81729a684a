//! Relations between named values.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::{Linked, Relations};
use crate::tracking::memscope::{Ask, Relation};

/// From 0.2.1 on: the graph of the analyser.
#[cfg(memscope_relations = "graph")]
impl Relations for Linked {
    const RELATIONS: Ask<Vec<Relation>> = Ok(|| {
        let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
        let mut analyzer = memscope_rs::analyzer(&tracker).map_err(|error| error.to_string())?;
        let edges = analyzer.graph().relationships();
        let unnamed = || "a value without a name".to_owned();
        let relation = edges.into_iter().map(|edge| Relation {
            from: edge.from_var_name.unwrap_or_else(unnamed),
            to: edge.to_var_name.unwrap_or_else(unnamed),
            kind: format!("{:?}", edge.relation),
        });
        Ok(relation.collect())
    });
}
