//! Reading files, finding lines.

use super::super::Dialplan;
use super::World;

const COMMITTED: &str = include_str!("../../../../scripts/asterisk/conf/extensions.conf");

fn plan(text: &str) -> Dialplan {
    Dialplan::parse(text).expect("a dialplan")
}

fn error(text: &str) -> String {
    Dialplan::parse(text).expect_err("no dialplan").to_string()
}

/// The data of a line.
fn data(plan: &Dialplan, exten: &str, priority: u32) -> String {
    plan.entry("c", exten, priority).map_or("none".into(), |entry| format!("{}({})", entry.application, entry.data))
}

#[test]
fn the_committed_file_is_read() {
    let plan = plan(COMMITTED);
    for exten in
        ["1000", "2000", "100", "200", "201", "202", "203", "204", "205", "300", "600", "caller", "goodbye", "h"]
    {
        assert!(plan.exists("default", exten, 1), "{exten}");
    }
    assert!(plan.exists("default", "caller", 11) && !plan.exists("default", "caller", 12));
    assert!(!plan.exists("default", "i", 1) && !plan.exists("other", "1000", 1));
    assert!(plan.has_context("default") && !plan.has_context("general") && !plan.has_context("globals"));
}

#[test]
fn every_way_to_write_a_line() {
    let plan = plan(
        "\u{feff}[general]\r\nstatic = yes\r\n[globals]\r\nA = 1\r\nB=>x;y\r\n[c]\r\n\
         exten => s,1,NoOp\r\n same => n(here),Set(x=(a) b) ; a comment\r\n same=>n+2,Verbose(a\\;b)\r\n\
         SAME => s,Other(second of two lines)\r\n same => 9(there), Wait (1) unread\r\nexten=s,n+1(last),Hangup()\r\n\
         exten => s,hint,PJSIP/a\r\nexten => other,1,NoOp(open\r\n",
    );
    assert_eq!(plan.globals(), [("A".into(), "1".into()), ("B".into(), "x".into())]);
    let lines: Vec<String> = [1, 2, 3, 5, 9, 11].into_iter().map(|priority| data(&plan, "s", priority)).collect();
    assert_eq!(lines, ["NoOp()", "Set(x=(a) b)", "none", "Verbose(a;b)", "Wait(1)", "Hangup()"]);
    assert_eq!(data(&plan, "other", 1), "NoOp(open)");
    assert_eq!(
        ["here", "there", "last", "none"].map(|label| plan.label("c", "s", label)),
        [Some(2), Some(9), Some(11), None]
    );
}

#[test]
fn comments_over_lines() {
    let plan = plan("[c];-- one --; \n;-- exten => a,1,NoOp\nexten => b,1,NoOp --; exten => c,1,NoOp(x;y)\n;--- a line ---\nexten => d,1,NoOp");
    assert_eq!(["a", "b", "c", "d"].map(|exten| plan.exists("c", exten, 1)), [false, false, true, true]);
    assert_eq!(data(&plan, "c", 1), "NoOp(x)");
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (text, message) in [
        ("[c]\nexten = x", "line 2: `exten => x` has no priority"),
        ("[c]\nexten => x,1", "line 2: extension x: `1` has no application"),
        ("[c]\nexten => x,0,NoOp", "line 2: extension x: `0` is no priority"),
        ("[c]\nexten => x,one,NoOp", "line 2: extension x: `one` is no priority"),
        ("[c]\nexten => x,4294967295+1,NoOp", "line 2: extension x: `4294967295` is no priority"),
        ("[c]\nexten => x,n,NoOp", "line 2: extension x: `n` needs a line before it"),
        ("[c]\nexten => x,1(a,NoOp", "line 2: the label of `1(a` has no )"),
        ("[c]\nexten => x,1,", "line 2: extension x, priority 1: no application"),
        ("[c]\n\nsame => n,NoOp", "line 3: `same` stands before the first `exten` of the context"),
        (
            "[c]\nexten => x,1,NoOp\n[d]\nsame => n,NoOp",
            "line 4: `same` stands before the first `exten` of the context",
        ),
        ("[c]\nexten => _[12,1,NoOp", "line 2: the pattern _[12 has a [ without its ]"),
        ("[c]\nexten => 1/2,1,NoOp", "line 2: the simulator knows no extensions for one caller alone: 1/2"),
        ("[c]\nextne => x,1,NoOp", "line 2: `extne` is nothing the simulator knows in a context"),
        ("[c]\njust words", "line 2: `just words` has no = or =>"),
        ("a = b", "line 1: `a = b` stands before the first [context]"),
        ("[c", "line 1: `[c` has no ]"),
        ("[c](template)", "line 1: the simulator knows no templates of contexts: (template)"),
        ("#include other.conf", "line 1: the simulator reads one file: no #include other.conf"),
    ] {
        assert_eq!(error(text), message);
    }
}

/// Which extension takes each number: the answers are those of the real Asterisk to this very context.
#[test]
fn patterns_are_preferred_as_in_asterisk() {
    let names = [
        "Foo", "_12", "_1!", "_1.", "_2X", "_2[0-5]", "_2[12]", "_2[34]", "_2[23]", "_2N", "_2Z", "_3-4", "5-6",
        "_7X.", "_7XX", "_7X!",
    ];
    let text: String = names.iter().map(|name| format!("exten => {name},1,NoOp({name})\n")).collect();
    let plan = plan(&format!("[c]\n{text}"));
    for (dialled, name) in [
        ("Foo", "Foo"),
        ("12", "_12"),
        ("1", "_1!"),
        ("13", "_1."),
        ("123", "_1."),
        ("1-", "_1!"),
        ("20", "_2[0-5]"),
        ("21", "_2[12]"),
        ("22", "_2[12]"),
        ("23", "_2[23]"),
        ("24", "_2[34]"),
        ("26", "_2N"),
        ("34", "_3-4"),
        ("3-4", "_3-4"),
        ("56", "5-6"),
        ("5-6", "5-6"),
        ("777", "_7XX"),
        ("77", "_7X!"),
        ("7777", "_7X."),
    ] {
        assert_eq!(data(&plan, dialled, 1), format!("NoOp({name})"), "{dialled}");
    }
    for dialled in ["foo", "Fo", "Fooo", "2", "2a", "299", "zzz", "", "3"] {
        assert!(!plan.exists("c", dialled, 1), "{dialled}");
    }
}

#[test]
fn more_digits_may_come() {
    let plan = plan("[c]\nexten => 1,1,NoOp\nexten => 123,1,NoOp\nexten => _2X.,1,NoOp\nexten => _3Z!,1,NoOp\ninclude => d\n[d]\nexten => 99,1,NoOp");
    for (digits, more) in [
        ("", true),
        ("1", true),
        ("12", true),
        ("123", false),
        ("13", false),
        ("2", true),
        ("20", true),
        ("205", true),
        ("30", false),
        ("31", true),
        ("3111", true),
        ("4", false),
        ("9", true),
        ("99", false),
    ] {
        assert_eq!(plan.more_may_match("c", digits), more, "{digits}");
    }
}

/// Also a line that the narrower pattern lacks, which every reader of a dialplan stumbles over once.
#[test]
fn lines_come_from_wherever_they_are() {
    let plan = plan(
        "[c]\nexten => 85,1,NoOp(85)\nexten => _8X,1,NoOp(one)\nexten => _8.,2(two),NoOp(two)\ninclude => d\ninclude => e,9:00-17:00,*,*,*\n\
         [d]\nexten => 85,3,NoOp(d)\nexten => 1,1,NoOp(d)\ninclude => c\n[e]\nexten => 1,1,NoOp(e)\nexten => 2,1,NoOp(e)\n",
    );
    assert_eq!([1, 2, 3].map(|priority| data(&plan, "85", priority)), ["NoOp(85)", "NoOp(two)", "NoOp(d)"]);
    assert_eq!([1, 2].map(|priority| data(&plan, "86", priority)), ["NoOp(one)", "NoOp(two)"]);
    assert_eq!(["1", "2"].map(|exten| data(&plan, exten, 1)), ["NoOp(d)", "NoOp(e)"]);
    assert_eq!(plan.label("d", "85", "two"), Some(2));
}

#[test]
fn the_flood_and_the_caller_run_to_their_end() {
    let plan = plan(COMMITTED);
    let mut world = World::default();
    let actions = world.run(&plan, "default", "300", 40_000);
    assert_eq!(actions.len(), 3, "{actions:?}");
    assert_eq!(world.seen.iter().filter(|seen| seen.starts_with("  I=")).count(), 10_001);

    let actions = World::with(&[("KEYS", "7#"), ("PAUSE", "0.5")]).run(&plan, "default", "caller", 100);
    let digit =
        |digits: &str| super::Action::SendDtmf { digits: digits.into(), between_ms: 100, each_ms: 100, channel: None };
    let wait = |seconds| super::Action::Wait { seconds };
    assert_eq!(
        actions,
        [
            super::Action::Answer { delay_ms: 0 },
            wait(0.5),
            digit("7"),
            wait(0.5),
            digit("#"),
            wait(60.0),
            super::Action::Hangup { cause: None }
        ]
    );
    let actions = World::default().run(&plan, "default", "caller", 100);
    assert_eq!(actions.iter().filter(|action| **action == wait(2.0)).count(), 3, "12# by itself");
}
