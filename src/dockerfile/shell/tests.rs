//! What is read of shell text.

use super::*;

fn words(line: &str) -> Vec<Vec<String>> {
    let text = Text::new("f", line.as_bytes().to_vec(), false);
    let script = Script::of_shell(&text, 0..line.len(), b'\\', &[]);
    for word in script.commands.iter().flat_map(|c| &c.words) {
        assert!(word.span.end <= line.len());
    }
    script.commands.iter().map(|c| c.words.iter().map(|w| w.value.clone()).collect()).collect()
}

#[test]
fn commands_and_words() {
    let cases: [(&str, &[&[&str]]); 14] = [
        ("chown -R a:b /x && ls", &[&["chown", "-R", "a:b", "/x"], &["ls"]]),
        ("a 'b c' \"d $e\" f\\ g", &[&["a", "b c", "d $e", "f g"]]),
        ("a; b | c || d & e", &[&["a"], &["b"], &["c"], &["d"], &["e"]]),
        (
            "if [ -f x ]; then chown -R a x; fi",
            &[&["[", "-f", "x", "]"], &["chown", "-R", "a", "x"]],
        ),
        ("for d in a b; do mkdir $d; done", &[&["mkdir", "$d"]]),
        ("x=$(a \"$(b 'c)')\" d) y", &[&["y"]]),
        ("echo \"$(f \"a b\")\" z", &[&["echo", "$(f \"a b\")", "z"]]),
        ("a \\\n  # no\n\n b \\\n c", &[&["a", "b", "c"]]),
        ("a # b && c", &[&["a"]]),
        ("a#b #c", &[&["a#b"]]),
        ("(cd /x && make) && ls", &[&["cd", "/x"], &["make"], &["ls"]]),
        ("a > b 2>&1 <<< c d", &[&["a", "d"]]),
        ("A=1 B=2 run it", &[&["run", "it"]]),
        ("echo '# x' \"#y\"", &[&["echo", "# x", "#y"]]),
    ];
    for (line, expected) in cases {
        assert_eq!(words(line), expected, "{line}");
    }
}

#[test]
fn words_have_their_places_across_lines() {
    let line = "RUN a \\\n   # no\n   bc \\\n  && de\n";
    let text = Text::new("f", line.as_bytes().to_vec(), false);
    let script = Script::of_shell(&text, 4..line.len() - 1, b'\\', &[]);
    let places: Vec<_> = script
        .commands
        .iter()
        .flat_map(|c| &c.words)
        .map(|w| (text.show(w.span.clone()).into_owned(), text.line(w.span.start)))
        .collect();
    assert_eq!(places, [("a".into(), 1), ("bc".into(), 3), ("de".into(), 4)]);
}

#[test]
fn a_script_skips_the_documents_inside_it() {
    let (script, lines) = Script::of_file("#!/bin/sh\ncat <<A\nchown -R x /\nA\nls -l\n", &(3..5));
    let programs: Vec<_> = script.commands.iter().map(Command::program).collect();
    assert_eq!(programs, ["cat", "ls"]);
    assert_eq!(lines, [2, 5]);
    assert!(Script::of_file("#!/usr/bin/env python\nchown -R\n", &(0..0)).0.commands.is_empty());
}

#[test]
fn the_program_is_found_behind_others() {
    let text = "sudo -E env A=1 /bin/chown -R x y";
    let (script, _) = Script::of_file(text, &(0..0));
    assert_eq!(script.commands[0].program(), "chown");
    assert_eq!(script.commands[0].operands().count(), 2);
}
