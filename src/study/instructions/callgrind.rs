//! Parser of callgrind's output file, by its manual's "Callgrind Format Specification": the self cost of each function.

use std::collections::HashMap;

/// The costs of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Costs<'a> {
    /// The functions with their callers, as `function'caller'caller'…`, and the function's own instructions. A function
    /// in several source files appears several times.
    pub by_context: Vec<(&'a str, u64)>,
    /// All instructions, as the file states them.
    pub total: u64,
}

/// Reads a file with one kind of event.
///
/// # Errors
/// The line that it cannot parse, with its number.
pub(super) fn parse(text: &str) -> Result<Costs<'_>, String> {
    let mut names: HashMap<&str, &str> = HashMap::new();
    let (mut by_context, mut total) = (Vec::<(&str, u64)>::new(), None);
    // A line starts with this many columns of positions, and then has the cost.
    let mut positions = 1;
    // The line after a call has the inclusive cost of the call, and the line after a jump has no cost.
    let mut is_below_call = false;
    for (place, line) in text.lines().enumerate() {
        let wrong = || format!("line {}: {}", place + 1, line.chars().take(80).collect::<String>());
        let (key, value) = line.split_once(['=', ':']).unwrap_or_default();
        match key {
            "positions" => positions = value.split_whitespace().count(),
            "events" if value.trim() != "Ir" => return Err(wrong()),
            "totals" => total = Some(value.trim().parse().map_err(|_| wrong())?),
            "fn" => by_context.push((name(value, &mut names).ok_or_else(wrong)?, 0)),
            "cfn" => drop(name(value, &mut names).ok_or_else(wrong)?),
            "calls" | "jump" | "jcnd" => is_below_call = true,
            // Files, objects, the header and comments.
            _ if !is_cost(line) => {}
            _ if std::mem::take(&mut is_below_call) => {}
            _ => {
                // Costs of 0 may be omitted.
                let cost = line.split_whitespace().nth(positions).map_or(Ok(0), str::parse::<u64>);
                let (_, own) = by_context.last_mut().ok_or_else(wrong)?;
                *own += cost.map_err(|_| wrong())?;
            }
        }
    }
    let total = total.ok_or("it has no totals: it is truncated")?;
    Ok(Costs { by_context, total })
}

/// Returns whether a line has a cost: it begins with a position, absolute or relative to the previous line's.
fn is_cost(line: &str) -> bool {
    line.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '*'))
}

/// Returns the name in `(12) name`, which later lines call `(12)`; `None` if it is not known.
fn name<'a>(value: &'a str, names: &mut HashMap<&'a str, &'a str>) -> Option<&'a str> {
    let Some((number, name)) = value.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
        return Some(value.trim());
    };
    match name.trim() {
        "" => names.get(number).copied(),
        name => {
            names.insert(number, name);
            Some(name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Named and numbered functions, one in two source files, calls with their inclusive cost, and relative positions.
    const SMALL: &str = "\
# callgrind format
version: 1
creator: callgrind-3.19.0
cmd:  ./program worker: x=1
desc: Trigger: Program termination

positions: line
events: Ir
summary: 1065

ob=(1) ./program
fl=(1) ???
fn=(1) window'main
0 40
cob=(2) /lib/libc.so.6
cfi=(2) malloc.c
cfn=(2) malloc'window'main
calls=3 117
0 1000

ob=(2)
fl=(2)
fn=(2)
117 60
+5 15
fi=(3) arena.c
*
-25 25
cfn=(4) _int_malloc'malloc'window'main
calls=3 0
* 900
fe=(2)

fn=(4)
0 900

fn=plain
12 25

totals: 1065
";

    #[test]
    fn a_profile_has_the_self_cost_of_each_context() {
        let costs = parse(SMALL).expect("a profile");
        assert_eq!(
            costs.by_context,
            [("window'main", 40), ("malloc'window'main", 100), ("_int_malloc'malloc'window'main", 900), ("plain", 25)]
        );
        let sum: u64 = costs.by_context.iter().map(|(_, cost)| cost).sum();
        assert_eq!((sum, costs.total), (1_065, 1_065));
    }

    #[test]
    fn addresses_may_precede_the_line() {
        let text = "positions: instr line\nevents: Ir\nfn=(1) f\n0x10 7 5\n+3 +0 6\ntotals: 11\n";
        let text = text.replace("0x10", "16");
        assert_eq!(parse(&text).expect("a profile").by_context, [("f", 11)]);
    }

    #[test]
    fn lines_that_cannot_be_parsed_are_named() {
        for (text, why) in [
            ("fn=(1) f\n0 5\n", "it has no totals: it is truncated"),
            ("fn=(7)\n0 5\ntotals: 5\n", "line 1: fn=(7)"),
            ("fn=(1) f\n0 many\ntotals: 5\n", "line 2: 0 many"),
            ("0 5\ntotals: 5\n", "line 1: 0 5"),
            ("events: Ir Dr\ntotals: 5 2\n", "line 1: events: Ir Dr"),
        ] {
            assert_eq!(parse(text).expect_err("no profile"), why);
        }
    }
}
