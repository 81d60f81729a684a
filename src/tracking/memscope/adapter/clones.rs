//! Clones of shared values in an exported graph.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::{Clones, Json, Linked};
use crate::tracking::memscope::Ask;
use serde_json::Value;
use std::fs;

/// From 0.2.3 on: the file of the JSON export, whose nodes have the address of the variable. Clones of one value are
/// nodes with the same number, and edges lead from that number to itself.
#[cfg(memscope_clones = "exported")]
impl Clones for Linked {
    const CLONES: Ask<Vec<Vec<usize>>> = Ok(|| {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        Self::EXPORT_JSON(folder.path())?;
        let graph = fs::read(folder.path().join("ownership_graph.json")).map_err(|error| error.to_string())?;
        Ok(clones(&serde_json::from_slice(&graph).map_err(|error| error.to_string())?))
    });
}

/// Returns the addresses of the variables at both ends of each edge between clones; 0 for a node without one.
#[cfg(memscope_clones = "exported")]
fn clones(graph: &Value) -> Vec<Vec<usize>> {
    let all = |key: &str| graph[key].as_array().into_iter().flatten();
    let address = |value: &Value| usize::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok();
    let edges = all("edges").filter(|edge| matches!(edge["kind"].as_str(), Some("ArcClone" | "RcClone")));
    let ends = edges.map(|edge| {
        let nodes = all("nodes").filter(|node| node["id"] == edge["from"] || node["id"] == edge["to"]);
        nodes.map(|node| address(&node["stack_ptr"]).unwrap_or_default()).collect()
    });
    ends.collect()
}

#[cfg(all(test, memscope_clones = "exported"))]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn clones_are_the_variables_of_nodes_with_an_edge() {
        let node = |id: &str, variable: Option<&str>| json!({ "id": id, "stack_ptr": variable });
        let edge = |kind: &str, from: &str| json!({ "kind": kind, "from": from, "to": from });
        let nodes = [("0xa0", Some("0x10")), ("0xa0", Some("0x18")), ("0xb0", Some("0x20")), ("0xc0", None)];
        let nodes = nodes.map(|(id, variable)| node(id, variable));
        let edges = [edge("ArcClone", "0xa0"), edge("SharedBorrow", "0xb0"), edge("RcClone", "0xc0")];
        assert_eq!(clones(&json!({ "nodes": nodes, "edges": edges })), [vec![0x10, 0x18], vec![0]]);
        assert_eq!(clones(&json!({})), Vec::<Vec<usize>>::new());
    }
}
