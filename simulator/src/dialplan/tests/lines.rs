//! Lines that are run. What is `seen` here was seen of the real Asterisk: ChannelDialplan and ChannelVarset events.

use super::super::{Action, Dialplan, Line, Position, Step};
use super::World;

fn seen(text: &str, exten: &str) -> Vec<String> {
    let plan = Dialplan::parse(&format!("[c]\n{text}")).expect("a dialplan");
    let mut world = World::default();
    world.run(&plan, "c", exten, 200);
    world.seen
}

fn assert_seen(text: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().map(|line| line.strip_prefix("        ").unwrap_or(line)).collect();
    assert_eq!(seen(text, "s"), expected);
}

fn action(line: &str) -> Action {
    let plan = Dialplan::parse(&format!("[c]\nexten => s,1,{line}")).expect("a dialplan");
    World::default().run(&plan, "c", "s", 2).remove(0)
}

#[test]
fn loops() {
    assert_seen(
        "exten => s,1,While($[${J} < 2])
         same => n,Set(J=$[0${J}+1])
         same => n,While($[\"${K}\" = \"\"])
         same => n,Set(K=1)
         same => n,EndWhile
         same => n,EndWhile
         same => n,NoOp(done)",
        "s,1 While()
          c_s_1=0
          c_s_1=
        s,7 NoOp(done)
        end",
    );
    assert_seen(
        "exten => s,1,Set(J=0)
         same => n,While($[${J} < 2])
         same => n,Set(J=$[${J}+1])
         same => n,While($[\"${K}\" = \"\"])
         same => n,Set(K=1)
         same => n,EndWhile
         same => n,EndWhile
         same => n,NoOp(done)",
        "s,1 Set(J=0)
          J=0
        s,2 While(1)
          c_s_2=0
          WHILE_0=c,s,2
        s,3 Set(J=1)
          J=1
        s,4 While(1)
          c_s_4=1
          WHILE_1=c,s,4
        s,5 Set(K=1)
          K=1
        s,6 EndWhile()
          END_WHILE_1=c,s,7
        s,4 While(0)
          WHILE_1=
          c_s_4=
          END_WHILE_1=
        s,7 EndWhile()
          END_WHILE_0=c,s,8
        s,2 While(1)
        s,3 Set(J=2)
          J=2
        s,4 While(0)
          c_s_4=1
          c_s_4=
        s,7 EndWhile()
        s,2 While(0)
          WHILE_0=
          c_s_2=
          END_WHILE_0=
        s,8 NoOp(done)
        end",
    );
}

#[test]
fn loops_that_are_left() {
    assert_seen(
        "exten => s,1,While(1)
         same => n,While(0)
         same => n,EndWhile
         same => n,ExitWhile
         same => n,EndWhile
         same => n,ExitWhile
         same => n,ContinueWhile
         same => n,EndWhile
         same => n,While()
         same => n,NoOp(done)",
        "s,1 While(1)
          c_s_1=0
          WHILE_0=c,s,1
        s,2 While(0)
          c_s_2=1
          c_s_2=
        s,4 ExitWhile()
          WHILE_0=
        s,6 ExitWhile()
        s,7 ContinueWhile()
        s,8 EndWhile()
        s,9 While()
          c_s_9=0
          c_s_9=
        s,10 NoOp(done)
        end",
    );
    let seen = seen(
        "exten => s,1,Set(I=0)
         same => n,While($[${I} < 3])
         same => n,Set(I=$[${I} + 1])
         same => n,GotoIf($[${I} != 2]?here)
         same => n,ContinueWhile
         same => n(here),NoOp(I is ${I})
         same => n,EndWhile",
        "s",
    );
    let turns: Vec<&String> = seen.iter().filter(|line| line.contains("NoOp")).collect();
    assert_eq!(turns, ["s,6 NoOp(I is 1)", "s,6 NoOp(I is 3)"]);
}

#[test]
fn subroutines() {
    assert_seen(
        "exten => s,1,Set(A=outer)
         same => n,Gosub(one(a,b))
         same => n,NoOp(back ${A} ${ARG1} ${GOSUB_RETVAL})
         same => n,GosubIf(0?x:last,1(z))
         same => n,GosubIf(0?x)
         same => n,Return
         same => n(one),NoOp(${ARGC} ${ARG1} ${ARG2})
         same => n,Set(LOCAL(A)=inner)
         same => n,NoOp(${A} ${LOCAL(A)})
         same => n,Return(${A}, y)
        exten => last,1,StackPop()
         same => n,Goto(s,5)",
        "s,1 Set(A=outer)
          A=outer
        s,2 Gosub(one(a,b))
          LOCAL(ARG1)=a
          LOCAL(ARG2)=b
          LOCAL(ARGC)=2
        s,7 NoOp(2 a b)
        s,8 Set(LOCAL(A)=inner)
          LOCAL(A)=inner
        s,9 NoOp(inner inner)
        s,10 Return(inner, y)
          A=
          ARGC=
          ARG2=
          ARG1=
          GOSUB_RETVAL=inner, y
        s,3 NoOp(back outer  inner, y)
        s,4 GosubIf(0?x:last,1(z))
          LOCAL(ARG1)=z
          LOCAL(ARGC)=1
        last,1 StackPop()
          ARGC=
          ARG1=
        last,2 Goto(s,5)
        s,5 GosubIf(0?x)
        s,6 Return()
        failed: Return without Gosub: stack is unallocated",
    );
    assert_seen(
        "exten => s,1,Gosub(in,1(a,b))
        exten => in,1,GotoIf($[${ARGC} = 2]?:end)
         same => n,Gosub(in,1(c))
         same => n(end),NoOp(${ARG1},${ARG2})
         same => n,Return",
        "s,1 Gosub(in,1(a,b))
          LOCAL(ARG1)=a
          LOCAL(ARG2)=b
          LOCAL(ARGC)=2
        in,1 GotoIf(1?:end)
        in,2 Gosub(in,1(c))
          LOCAL(ARG1)=c
          LOCAL(ARG2)=
          LOCAL(ARGC)=1
        in,1 GotoIf(0?:end)
        in,3 NoOp(c,)
        in,4 Return()
          ARGC=
          ARG2=
          ARG1=
          GOSUB_RETVAL=
        in,3 NoOp(a,b)
        in,4 Return()
          ARGC=
          ARG2=
          ARG1=
          GOSUB_RETVAL=
        end",
    );
}

#[test]
fn jumps() {
    assert_seen(
        "exten => s,1,Goto(+2)
         same => n,NoOp(no)
         same => n,GotoIf(0?x)
         same => n,GotoIf(1?c,t,lab)
        exten => t,5(lab),Goto(c,nope,1)
        exten => i,1,NoOp(${INVALID_EXTEN})
         same => n,Goto(nowhere)",
        "s,1 Goto(+2)
        s,3 GotoIf(0?x)
        s,4 GotoIf(1?c,t,lab)
        t,5 Goto(c,nope,1)
          INVALID_EXTEN=nope
        i,1 NoOp(nope)
        i,2 Goto(nowhere)
        failed: Priority 'nowhere' must be a number > 0, or valid label (c, i)",
    );
    assert!(seen("exten => s,1,Goto()", "s").concat().contains("Goto requires an argument"));
    assert!(seen("exten => s,1,Goto(-1)", "s").concat().contains("failed"));
    assert!(seen("exten => s,1,Gosub(c,t,1)", "s").concat().contains("non-existent destination"));
    assert_eq!(seen("exten => s,1,Nothing(x)", "s")[1], "failed: No application 'Nothing' for extension (c, s, 1)");
}

#[test]
fn assignments() {
    assert_seen(
        r#"exten => s,1,Set(a = b )
         same => n,Set(c=1,d=2)
         same => n,Set(e="x\,y")
         same => n,MSet(f=a\,b,d=[1,2],e=(1,2),g=a"b,c"d,,h=x=y, i = 1,u)
         same => n,Set(__q=${EXTEN}-${CONTEXT}-${PRIORITY})
         same => n,Set(u)
         same => n,Set(ARRAY(y1,y2)=7,8)
         same => n,Set(PUSH(st)=1)
         same => n,Set(PUSH(st)=2)
         same => n,Set(UNSHIFT(st)=0)
         same => n,Set(LOCAL(no)=1)
         same => n,Set(CALLERID(name)=Bob)
         same => n,Set(CUT(x)=1)
         same => n,NoOp(${q} ${CALLERID(name)} ${SHIFT(st)})
         same => n,ExecIf(1?Set(v=a,b:c):Set(v=2))
         same => n,ExecIf(0?Set(w=1):Set(w=(2)))
         same => n,ExecIf(0?Set(w=1))
         same => n,verbose(1,hello)"#,
        r#"s,1 Set(a = b )
          a = b 
        s,2 Set(c=1,d=2)
          c=1,d=2
        s,3 Set(e="x\,y")
          e="x\,y"
        s,4 MSet(f=a\,b,d=[1,2],e=(1,2),g=a"b,c"d,,h=x=y, i = 1,u)
          f=a,b
          d=[1,2]
          e=(1,2)
          g=ab,cd
          h=x=y
           i = 1
        s,5 Set(__q=s-c-5)
          __q=s-c-5
        s,6 Set(u)
        s,7 Set(ARRAY(y1,y2)=7,8)
          y1=7
          y2=8
        s,8 Set(PUSH(st)=1)
          st=1
        s,9 Set(PUSH(st)=2)
          st=1,2
        s,10 Set(UNSHIFT(st)=0)
          st=0,1,2
        s,11 Set(LOCAL(no)=1)
        s,12 Set(CALLERID(name)=Bob)
        s,13 Set(CUT(x)=1)
          st=1,2
        s,14 NoOp(s-c-5 Bob 0)
        s,15 ExecIf(1?Set(v=a,b:c):Set(v=2))
          v=a,b:c
        s,16 ExecIf(0?Set(w=1):Set(w=(2)))
          w=(2)
        s,17 ExecIf(0?Set(w=1))
        s,18 verbose(1,hello)
        end"#,
    );
}

/// Nothing a dialplan says keeps the interpreter busy for ever or fills the memory.
#[test]
fn substitution_ends() {
    let at = Position::new("c", "s", 1);
    let mut world = World::with(&[("SELF", "${EVAL(${SELF})}"), ("LONG", &"ä".repeat(4000))]);
    assert_eq!(Dialplan::substitute("<${EVAL(${SELF})}>", &at, &mut world), "<>");
    let long = Dialplan::substitute("${LONG}${LONG}${LONG}", &at, &mut world);
    assert!((8190..8192).contains(&long.len()), "{}", long.len());
    let deep = format!("$[{}1{}]", "(".repeat(3000), ")".repeat(3000));
    assert_eq!(Dialplan::substitute(&deep, &at, &mut world), "0");
    assert_eq!(Dialplan::substitute(&format!("$[{}1]", "!".repeat(3000)), &at, &mut world), "0");
    let text = format!("${{LEN({}A{})}}", "${".repeat(3000), "}".repeat(3000));
    assert_eq!(Dialplan::substitute(&text, &at, &mut world), "0");
    let slow = format!("$[\"{}\" =~ \"(a*)*b\"]", "a".repeat(200));
    assert_eq!(Dialplan::substitute(&slow, &at, &mut world), "");
}

#[test]
fn names_have_values() {
    let at = Position::new("c", "s", 3);
    let mut world = World::with(&[("A", "abc")]);
    let mut value = |name: &str| Dialplan::evaluate(name, &at, &mut world);
    assert_eq!(value("A"), Some("abc".into()));
    assert_eq!(value("PRIORITY"), Some("3".into()));
    assert_eq!(value("TOUPPER(x)"), Some("X".into()));
    assert_eq!([value("NOPE"), value("NOPE(x)")], [None, None]);
}

#[test]
fn actions_with_their_arguments() {
    let strings = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let none = String::new;
    for (line, expected) in [
        ("Answer", Action::Answer { delay_ms: 0 }),
        ("ANSWER(500)", Action::Answer { delay_ms: 500 }),
        ("Busy(1)", Action::Busy { seconds: Some(1.0) }),
        ("Congestion()", Action::Congestion { seconds: None }),
        ("Wait(0.25)", Action::Wait { seconds: 0.25 }),
        ("Wait(x)", Action::Wait { seconds: 0.0 }),
        ("WaitExten", Action::WaitExten { seconds: None }),
        ("Playback(a&b/c,noanswer)", Action::Playback { files: strings(&["a", "b/c"]), options: "noanswer".into() }),
        ("BackGround(menu)", Action::Background { files: strings(&["menu"]), options: none() }),
        ("SayNumber(12,f)", Action::Say { scheme: "number", text: "12".into() }),
        ("SendDTMF(12#)", Action::SendDtmf { digits: "12#".into(), between_ms: 250, each_ms: 100, channel: None }),
        (
            "Stasis(hello,arg1, arg two,,\"a,b\")",
            Action::Stasis { app: "hello".into(), args: strings(&["arg1", "arg two", "", "a,b"]) },
        ),
        (
            "StasisBroadcast(2000,,sales:high,yes)",
            Action::StasisBroadcast { arguments: strings(&["2000", "", "sales:high", "yes"]) },
        ),
        ("Hangup(17)", Action::Hangup { cause: Some(17) }),
        ("Hangup", Action::Hangup { cause: None }),
        ("MusicOnHold(jazz,3)", Action::MusicOnHold { class: "jazz".into(), seconds: Some(3.0) }),
        (
            "Read(PIN,enter&pin,4,,2,5)",
            Action::Read {
                variable: "PIN".into(),
                files: strings(&["enter", "pin"]),
                max_digits: 4,
                options: none(),
                attempts: 2,
                seconds: Some(5.0),
            },
        ),
        (
            "Record(msg.wav,2,30,q)",
            Action::Record { file: "msg.wav".into(), silence: Some(2.0), max_seconds: Some(30.0), options: "q".into() },
        ),
        (
            "Dial(PJSIP/a&Local/1@c,20,g)",
            Action::Dial { targets: strings(&["PJSIP/a", "Local/1@c"]), seconds: Some(20.0), options: "g".into() },
        ),
        ("UserEvent(Foo,a: b,c)", Action::UserEvent { name: "Foo".into(), headers: vec![("a".into(), "b".into())] }),
    ] {
        assert_eq!(action(line), expected, "{line}");
    }
}

#[test]
fn the_application_inside_execif_is_the_one_to_show() {
    let plan = Dialplan::parse("[c]\nexten => s,1,ExecIf(1?Wait(2))").expect("a dialplan");
    let (mut world, mut at) = (World::default(), Position::new("c", "s", 1));
    let line = plan.line(&at, &mut world).expect("a line");
    let shown = Line { application: "Wait".into(), data: "2".into() };
    assert_eq!(plan.run(&line, &mut at, &mut world), Step::Act(shown, Action::Wait { seconds: 2.0 }));
    assert_eq!(at.priority, 1, "until the world advances it");
}
