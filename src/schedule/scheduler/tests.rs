//! Tests of the scheduler's order, with a launcher that runs nothing.

use super::*;
use crate::platform::disturbance::Disturbance;
use crate::schedule::launch::Place;
use crate::schedule::links::Links;
use crate::worker::probe::Observation;
use crate::worker::reply::Reply;
use crate::workloads::Scale;
use std::cell::RefCell;

/// A launcher that only records the order of its requests.
#[derive(Debug)]
struct Fake<'n> {
    name: char,
    notes: &'n RefCell<Vec<String>>,
    /// The index of the first sample that fails.
    fails_at: usize,
    samples: RefCell<usize>,
}

impl Launch for Fake<'_> {
    fn trial(&self, request: &Request) -> Result<Observation, Failure> {
        Ok(Observation::sample_of(request))
    }

    fn sample(&self, request: &Request, _: Place) -> Result<Reply<Observation>, Failure> {
        *self.samples.borrow_mut() += 1;
        if *self.samples.borrow() > self.fails_at {
            return Err(Failure::TimedOut { seconds: 1 });
        }
        let level = if request.level == Level::Untracked { 'u' } else { 't' };
        self.notes.borrow_mut().push(format!("{}{}{level}", self.name, &request.workload.name()[..1]));
        let took = Duration::from_secs(1);
        Ok(Reply { content: Observation::sample_of(request), took, was_suspended: false, usage: None })
    }
}

fn fake(name: char, notes: &RefCell<Vec<String>>) -> Fake<'_> {
    Fake { name, notes, fails_at: usize::MAX, samples: RefCell::new(0) }
}

fn request(workload: Workload) -> Request {
    let scale = Scale::new(0.001).expect("positive");
    Request { workload, level: Level::Full, scale, threads: 1, count: false }
}

fn planned<'a>(launcher: &'a dyn Launch, workload: Workload) -> Option<Planned<'a>> {
    Some(Planned {
        baseline: launcher,
        launcher,
        series: Series::Overhead,
        request: request(workload),
        layout: None,
        time: None,
    })
}

const SETTINGS: Settings = Settings { rounds: 4, passes: 2, fewest: 1, precision: None, seed: 1 };

#[test]
fn passes_take_a_few_pairs_of_every_group_in_alternating_order() {
    let notes = RefCell::default();
    let one = fake('1', &notes);
    let groups = [Workload::CYCLES, Workload::LEAKS].map(|workload| vec![planned(&one, workload)]).to_vec();
    let done = Scheduler::new(SETTINGS, groups).measure(|_| ()).expect("no journal");
    let notes = notes.borrow().join(" ");
    let (cycles, leaks) = ("1cu 1ct 1ct 1cu", "1lu 1lt 1lt 1lu");
    let passes = [0, 1].map(|pass| SETTINGS.order_of_groups(2, pass)).concat();
    let expected: Vec<&str> = passes.into_iter().map(|group| [cycles, leaks][group]).collect();
    assert_eq!(notes, expected.join(" "));
    let measurement = done.groups[1][0].as_ref().expect("measured");
    assert_eq!((measurement.pairs.len(), measurement.passes.as_slice()), (4, &[2, 4][..]));
}

#[test]
fn the_members_of_a_group_take_their_pairs_in_rounds() {
    let notes = RefCell::default();
    let (one, two) = (fake('1', &notes), fake('2', &notes));
    let group = vec![planned(&one, Workload::CYCLES), None, planned(&two, Workload::CYCLES)];
    let settings = Settings { rounds: 20, ..SETTINGS };
    let done = Scheduler::new(settings, vec![group]).measure(|_| ()).expect("no journal");
    assert!(done.groups[0][1].is_none());
    let notes = notes.borrow();
    let firsts: Vec<char> = notes.chunks(4).map(|round| round[0].chars().next().expect("a name")).collect();
    for round in notes.chunks(4) {
        let members: Vec<char> = round.iter().map(|note| note.chars().next().expect("a name")).collect();
        assert!(members[0] == members[1] && members[2] == members[3] && members[0] != members[2], "{round:?}");
    }
    assert!(firsts.contains(&'1') && firsts.contains(&'2'), "the order is shuffled: {firsts:?}");
}

/// Returns the name of the program that each pair ran. Both samples of a pair ran the same program.
fn programs(notes: &RefCell<Vec<String>>) -> String {
    let program = |note: &String| note.chars().next().expect("a name");
    let notes = notes.borrow();
    let pairs = notes.chunks(2).map(|pair| {
        assert_eq!(program(&pair[0]), program(&pair[1]), "both samples of a pair");
        program(&pair[0])
    });
    pairs.collect()
}

fn links<'n>(names: &str, notes: &'n RefCell<Vec<String>>) -> Links<Fake<'n>> {
    Links::of(names.chars().map(|name| fake(name, notes))).expect("at least one")
}

#[test]
fn the_links_of_a_build_alternate_between_rounds() {
    let notes = RefCell::default();
    let build = links("123", &notes);
    let groups = vec![vec![planned(&build, Workload::CYCLES)]];
    let settings = Settings { rounds: 10, ..SETTINGS };
    Scheduler::new(settings, groups).measure(|_| ()).expect("no journal");
    // The second pass continues with the link after the last one of the first pass.
    assert_eq!(programs(&notes), ["12312", "31231"].concat());
}

#[test]
fn the_builds_of_a_round_run_the_links_of_that_round() {
    let notes = RefCell::default();
    let (one, two) = (links("123", &notes), links("abc", &notes));
    let time = Some(Duration::from_secs(1));
    // A slow build rests early in each pass, and is still measured in the same rounds as the other one.
    let slow = planned(&two, Workload::CYCLES).map(|planned| Planned { time, ..planned });
    let groups = vec![vec![planned(&one, Workload::CYCLES), slow]];
    let settings = Settings { rounds: 8, fewest: 2, ..SETTINGS };
    Scheduler::new(settings, groups).measure(|_| ()).expect("no journal");
    let of = |names: &str| -> String { programs(&notes).chars().filter(|name| names.contains(*name)).collect() };
    assert_eq!((of("123"), of("abc")), ("12312312".to_owned(), "abbc".to_owned()));
}

#[test]
fn a_resumed_run_continues_with_the_link_of_its_round() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("journal");
    let notes = RefCell::default();
    let build = links("123", &notes);
    let groups = || vec![vec![planned(&build, Workload::CYCLES)]];
    let settings = Settings { rounds: 10, ..SETTINGS };
    let journal = Journal::begin(&path, &"plan").expect("it can be begun");
    let whole = Scheduler::new(settings, groups()).with_journal(journal, Vec::new());
    drop(whole.measure(|_| ()).expect("the journal can be written").journal);
    let whole = programs(&notes);
    let text = std::fs::read_to_string(&path).expect("the journal");
    let ends = text.match_indices('\n').map(|(end, _)| end + 1);
    for end in ends {
        std::fs::write(&path, &text[..end]).expect("a journal that was cut off");
        let (journal, entries) = Journal::resume(&path, &"plan".to_owned()).expect("it can be resumed");
        let before = entries.iter().filter(|entry| matches!(entry, Entry::Pair { .. })).count();
        notes.borrow_mut().clear();
        let resumed = Scheduler::new(settings, groups()).with_journal(journal, entries);
        drop(resumed.measure(|_| ()).expect("the journal can be written").journal);
        assert_eq!(programs(&notes), whole[before..], "after {before} pairs");
    }
}

#[test]
fn the_order_of_a_round_is_the_same_for_a_seed() {
    let orders = |seed, pass| -> Vec<Vec<usize>> {
        (0..20).map(|round| Settings { seed, ..SETTINGS }.order(6, pass, 0, round)).collect()
    };
    assert_eq!(orders(1, 0), orders(1, 0));
    assert_ne!(orders(1, 0), orders(2, 0));
    assert_ne!(orders(1, 0), orders(1, 1));
    let passes: Vec<Vec<usize>> = (0..6).map(|pass| SETTINGS.order_of_groups(8, pass)).collect();
    assert!(passes.iter().any(|order| *order != passes[0]), "{passes:?}");
    for mut order in orders(1, 0) {
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3, 4, 5]);
    }
}

#[test]
fn a_slow_measurement_stops_after_the_minimum_of_pairs() {
    let notes = RefCell::default();
    let one = fake('1', &notes);
    // A pair takes two seconds.
    let settings = Settings { rounds: 20, fewest: 3, ..SETTINGS };
    let slow = planned(&one, Workload::CYCLES).map(|planned| Planned { time: Some(Duration::from_secs(1)), ..planned });
    let groups = vec![vec![slow]];
    let done = Scheduler::new(settings, groups).measure(|_| ()).expect("no journal");
    assert_eq!(done.groups[0][0].as_ref().expect("measured").passes, [3, 6]);
}

#[test]
fn rounds_are_distributed_over_the_passes() {
    let rounds = |rounds, passes| -> Vec<usize> {
        let settings = Settings { rounds, passes, ..SETTINGS };
        (0..passes).map(|pass| settings.in_pass(pass)).collect()
    };
    assert_eq!(rounds(60, 6), [10; 6]);
    assert_eq!(rounds(10, 6), [1, 2, 2, 1, 2, 2]);
    assert_eq!(rounds(3, 6), [0, 1, 0, 1, 0, 1]);
}

#[test]
fn passes_are_added_until_the_precision_is_reached_or_time_runs_out() {
    let notes = RefCell::default();
    let one = fake('1', &notes);
    let groups = || vec![vec![planned(&one, Workload::CYCLES)], vec![planned(&one, Workload::LEAKS)]];
    let pairs = |percent| {
        // A pair takes two seconds, and a further pass ten pairs.
        let precision = Some(Precision { percent, seconds: 30 });
        let settings = Settings { rounds: 12, passes: 6, precision, ..SETTINGS };
        let done = Scheduler::new(settings, groups()).measure(|_| ()).expect("no journal");
        let passes = |group: &Vec<Option<Measurement>>| group[0].as_ref().expect("measured").passes.clone();
        done.groups.iter().map(passes).collect::<Vec<_>>()
    };
    let planned = vec![2, 4, 6, 8, 10, 12];
    assert_eq!(pairs(1.0), [planned.clone(), planned.clone()], "all pairs are equal");
    let further = [planned, vec![22, 32]].concat();
    assert_eq!(pairs(-1.0), [further.clone(), further], "no interval has a negative width");
}

#[test]
fn a_failure_ends_only_its_own_measurement() {
    let notes = RefCell::default();
    let (one, two) = (Fake { fails_at: 3, ..fake('1', &notes) }, fake('2', &notes));
    let groups = vec![vec![planned(&one, Workload::CYCLES), planned(&two, Workload::CYCLES)]];
    let done = Scheduler::new(SETTINGS, groups).measure(|_| ()).expect("no journal");
    let measurements: Vec<&Measurement> = done.groups[0].iter().flatten().collect();
    assert_eq!(measurements[0].failure(), Some(&Failure::TimedOut { seconds: 1 }));
    assert_eq!((measurements[0].pairs.len(), measurements[1].pairs.len()), (1, 4));
}

/// Returns measurements without the disturbances of the machine.
fn measured(mut groups: Vec<Vec<Option<Measurement>>>) -> Vec<Vec<Option<Measurement>>> {
    groups.iter_mut().flatten().flatten().for_each(|measurement| measurement.disturbance = Disturbance::default());
    groups
}

#[test]
fn a_resumed_run_repeats_nothing_wherever_its_journal_ends() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("journal");
    let notes = RefCell::default();
    let (one, two) = (fake('1', &notes), fake('2', &notes));
    let groups = || {
        let group = |workload| vec![planned(&one, workload), planned(&two, workload)];
        vec![group(Workload::CYCLES), group(Workload::LEAKS)]
    };
    let journal = Journal::begin(&path, &"plan").expect("it can be begun");
    let whole = Scheduler::new(SETTINGS, groups()).with_journal(journal, Vec::new());
    let whole = whole.measure(|_| ()).expect("the journal can be written");
    drop(whole.journal);
    let text = std::fs::read(&path).expect("the journal");
    let first = text.iter().position(|&byte| byte == b'\n').expect("a line") + 1;
    for cut in (first..=text.len()).step_by(97) {
        std::fs::write(&path, &text[..cut]).expect("a journal that was cut off");
        let (journal, entries) = Journal::resume(&path, &"plan".to_owned()).expect("it can be resumed");
        let before = entries.iter().filter(|entry| matches!(entry, Entry::Pair { .. })).count();
        notes.borrow_mut().clear();
        let resumed = Scheduler::new(SETTINGS, groups()).with_journal(journal, entries);
        let resumed = resumed.measure(|_| ()).expect("the journal can be written");
        assert_eq!(measured(resumed.groups), measured(whole.groups.clone()), "cut at {cut}");
        assert_eq!(notes.borrow().len(), 2 * (16 - before), "cut at {cut}");
    }
}
