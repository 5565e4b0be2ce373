//! Templates: what is refused, and that nothing gets round it.

use super::*;
use proptest::prelude::*;
use std::fs;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const HEAD: &str = "[template]\nversion = \"1\"\nsummary = \"s\"\n[[files]]\nsource = \"Dockerfile.tera\"\npath = \"Dockerfile\"\n[[changelog]]\nversion = \"1\"\nchanges = \"c\"\n";

/// A project with one template `t`.
fn project(variables: &str, dockerfile: &str) -> tempfile::TempDir {
    let project = tempfile::tempdir().unwrap();
    let folder = project.path().join("templates/t");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("template.toml"), format!("{HEAD}{variables}")).unwrap();
    fs::write(folder.join("Dockerfile.tera"), dockerfile).unwrap();
    project
}

fn vars(text: &str) -> BTreeMap<String, Value> {
    text.parse::<toml::Table>().unwrap().into_iter().collect()
}

fn load(variables: &str, dockerfile: &str) -> Result<Template, TemplateError> {
    Template::load(project(variables, dockerfile).path(), "t")
}

fn rails() -> Template {
    Template::load(Path::new("/nowhere"), "rails").unwrap()
}

/// What fleet ships, read once.
fn shipped() -> &'static [Template] {
    static SHIPPED: OnceLock<Vec<Template>> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let load = |name| Template::load(Path::new("/nowhere"), name).unwrap();
        shipped_names().map(load).collect()
    })
}

fn dockerfile(template: &Template, given: &str) -> String {
    let values = template.check(&vars(given)).unwrap_or_else(|f| panic!("{given}: {f:?}"));
    template.render("shop", &values).unwrap().remove(0).text
}

#[test]
fn mistakes_in_a_template_have_a_file_a_line_and_a_reason() {
    let base = "[variables.base]\ntype = \"string\"\npattern = '.+'\nhelp = \"h\"\n";
    let cases = [
        (base, "FROM {{ base }}\nRUN {{ other }}\n", "Dockerfile.tera:2: `other` is not declared"),
        (base, "FROM x\n{% if typo %}RUN a{% endif %}\n", ":2: `typo` is not declared"),
        (base, "FROM {{ base }\n", "Dockerfile.tera:1: "),
        (base, "FROM {{ get_env(name=\"HOME\") }}", "Dockerfile.tera:1: "),
        (base, "{% include \"../../etc/passwd\" %}", "Dockerfile.tera:1: "),
        (
            "[variables.a]\ntype = \"string\"\nhelp = \"h\"\n",
            "",
            "template.toml:10: variable `a` needs",
        ),
        ("[variables.a]\ntype = \"text\"\nhelp = \"h\"\n", "", "template.toml:11: unknown variant"),
        (
            "[variables.a]\ntype = \"string\"\npattern = '('\nhelp = \"h\"\n",
            "",
            "template.toml:12: ",
        ),
        ("[variables.app]\ntype = \"boolean\"\nhelp = \"h\"\n", "", "every template is given"),
        (
            "[variables.a]\ntype = \"integer\"\nmax = 1\ndefault = 2\nhelp = \"h\"\n",
            "",
            "has a default that it refuses: 2 is out of range",
        ),
        ("[[files]]\nsource = \"x.tera\"\npath = \"x\"\n", "", "`x.tera` is not in its folder"),
        (
            "[[files]]\nsource = \"Dockerfile.tera\"\npath = \"a/../../x\"\n",
            "",
            "leads out of a repository",
        ),
    ];
    for (variables, text, expected) in cases {
        let error = load(variables, text).unwrap_err().to_string();
        assert!(error.starts_with("templates/t/") && error.contains(expected), "{error}");
    }
}

#[test]
fn only_names_of_templates_are_looked_for() {
    for name in ["../t", "", ".t", "a/b", "no-such-one"] {
        assert!(Template::load(Path::new("."), name).is_err(), "{name}");
    }
}

#[test]
fn a_projects_own_template_wins_over_the_shipped_one() {
    let project = project("", "FROM own\n");
    fs::rename(project.path().join("templates/t"), project.path().join("templates/rails")).unwrap();
    let own = Template::load(project.path(), "rails").unwrap();
    assert_eq!(dockerfile(&own, ""), "FROM own\n");
    assert!(own.folder.is_some() && rails().folder.is_none());
}

#[test]
fn values_are_refused_with_the_reason() {
    let cases = [
        ("ruby_verison = \"3\"", "ruby_verison", "is no variable of the template"),
        ("ruby_version = 3.4", "ruby_version", "must be a string, not a float"),
        ("ruby_version = \"3;4\"", "ruby_version", "`3;4` does not match its pattern"),
        ("port = \"80\"", "port", "must be a whole number, not a string"),
        ("port = 0", "port", "0 is out of range"),
        ("assets = \"no\"", "assets", "must be true or false, not a string"),
        ("packages = \"git\"", "packages", "must be an array of strings, not a string"),
        ("packages = [\"git;id\"]", "packages", "`git;id` does not match its pattern"),
        ("packages = [1]", "packages", "must be an array of strings, not an integer"),
        ("database = \"oracle\"", "database", "`oracle` is none of its values"),
        ("env = { A = \"a\\nRUN id\" }", "env", "holds the character U+000A"),
        ("env = { \"A B\" = \"x\" }", "env", "the key `A B` does not match its pattern"),
        ("labels = { a = \"\\u202e\" }", "labels", "holds the character U+202E"),
        ("app = \"x\"", "app", "cannot be set"),
        ("last_instructions = [\"FROM x\"]", "last_instructions", "`FROM x` does not begin with"),
        ("last_instructions = [\"run x\"]", "last_instructions", "`run x` does not begin with"),
        ("last_instructions = [\"RUN\"]", "last_instructions", "RUN stands alone"),
        ("last_instructions = [\"RUN a \\\\\"]", "last_instructions", "would go on"),
        ("last_instructions = [\"RUN cat <<EOF\"]", "last_instructions", "would go on"),
        ("last_instructions = [\"ONBUILD RUN x\"]", "last_instructions", "does not begin"),
    ];
    let template = rails();
    for (given, variable, message) in cases {
        let faults = template.check(&vars(given)).unwrap_err();
        assert_eq!((faults.len(), faults[0].variable.as_str()), (1, variable), "{given}");
        assert!(faults[0].message.contains(message), "{given}: {}", faults[0].message);
        assert!(!faults[0].hint.is_empty(), "{given}");
    }
    assert_eq!(
        template.check(&vars("ruby_verison = \"3\"")).unwrap_err()[0].hint,
        "did you mean `ruby_version`?"
    );
}

#[test]
fn a_variable_without_a_default_must_be_given() {
    let template =
        load("[variables.a]\ntype = \"string\"\npattern = 'x'\nhelp = \"h\"\n", "FROM {{ a }}")
            .unwrap();
    assert_eq!(template.check(&vars("")).unwrap_err()[0].message, "is not set, and has no default");
    assert_eq!(dockerfile(&template, "a = \"x\""), "FROM x");
}

#[test]
fn what_the_command_line_says_is_read_by_type() {
    let template = rails();
    let read = |name: &str, text: &str| template.variable(name).unwrap().read(text);
    assert_eq!(read("ruby_version", "3.4"), Ok("3.4".into()));
    assert_eq!(read("port", "80"), Ok(80.into()));
    assert_eq!(read("yjit", "false"), Ok(false.into()));
    assert_eq!(read("packages", "a, b"), Ok(Value::Array(vec!["a".into(), "b".into()])));
    assert_eq!(read("packages", "[\"a\"]"), Ok(Value::Array(vec!["a".into()])));
    assert_eq!(read("last_instructions", "RUN a, b"), Ok(Value::Array(vec!["RUN a, b".into()])));
    assert_eq!(read("env", "{ A = \"b\" }"), Ok(vars("x = { A = \"b\" }").remove("x").unwrap()));
    for (name, text) in [("port", "x"), ("yjit", "yes"), ("env", "A=b"), ("packages", "[1")] {
        assert!(read(name, text).is_err(), "{name}");
    }
}

#[test]
fn loops_end_in_time_and_size() {
    let slow =
        "{% for a in range(end=100000) %}{% for b in range(end=3000) %}{% endfor %}{% endfor %}";
    let large = "{% for a in range(end=100000) %}0123456789abcdef{% endfor %}";
    let cases = [(large, "renders to more than 1 MB"), (slow, "takes longer than 5 s")];
    for (text, reason) in cases {
        let template = load("", text).unwrap();
        let start = Instant::now();
        let error = template.render("shop", &template.check(&vars("")).unwrap()).unwrap_err();
        assert_eq!(error.reason, reason);
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    }
}

#[test]
fn a_templates_own_refusal_is_told_with_its_line() {
    let given = "frontend = \"legacy\"\nprivate_gem_hosts = [\"gems.example.com\"]";
    let template = rails();
    let error = template.render("shop", &template.check(&vars(given)).unwrap()).unwrap_err();
    assert!(error.reason.contains("legacy builder") && error.line.is_some(), "{error}");
    assert!(error.to_string().starts_with("fleet's own rails/Dockerfile.tera:"), "{error}");
}

/// How many instructions a Dockerfile has, and of which kinds.
fn instructions(text: &str) -> Vec<std::mem::Discriminant<parse_dockerfile::Instruction<'_>>> {
    let parsed = parse_dockerfile::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    parsed.instructions.iter().map(std::mem::discriminant).collect()
}

/// A value of each variable's type, made of a hostile text.
fn hostile(variable: &Variable, text: &str) -> Value {
    match variable.kind {
        Kind::String => text.into(),
        Kind::Integer => Value::Integer(i64::try_from(text.len()).unwrap()),
        Kind::Boolean => variable.default.clone().unwrap(),
        Kind::List => Value::Array(vec![text.into()]),
        Kind::Map => Value::Table([("KEY".to_owned(), text.into())].into_iter().collect()),
        Kind::Instructions => Value::Array(vec![format!("RUN {text}").into()]),
    }
}

fn fragments() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\\".to_owned()),
        Just("\"".to_owned()),
        Just("`".to_owned()),
        Just("$X".to_owned()),
        Just("<<EOF".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just(" RUN id".to_owned()),
        Just("# escape=`".to_owned()),
        Just("{{ app }}".to_owned()),
        Just("{% raw %}".to_owned()),
        Just("' && id #".to_owned()),
        "[a-z0-9./:=-]{1,8}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_value_adds_an_instruction(
        text in fragments(),
        frontend in prop_oneof![Just("legacy"), Just("1.2"), Just("1.4")],
        which in any::<prop::sample::Index>(),
    ) {
        for template in shipped() {
            let all: Vec<_> = template.variables().filter(|(name, _)| *name != "frontend").collect();
            let (variable, declared) = which.get(&all);
            let given = |value: Value| {
                BTreeMap::from([
                    ((*variable).to_owned(), value),
                    ("frontend".to_owned(), Value::from(frontend)),
                ])
            };
            let Ok(values) = template.check(&given(hostile(declared, &text))) else { continue };
            // The same shape with a harmless value, where the variable has one.
            let harmless = ["x", "1.2", "5s", "/x", "linux/amd64", "http://x"]
                .iter()
                .map(|text| hostile(declared, text))
                .find_map(|value| template.check(&given(value)).ok());
            // An empty text switches a part off, a number or one of few values is no text.
            let Some(harmless) = harmless.filter(|_| !text.is_empty()) else { continue };
            if !declared.values.is_empty() { continue }
            // A template may refuse; that is an answer, too.
            let (Ok(one), Ok(other)) = (template.render("shop", &values), template.render("shop", &harmless))
                else { continue };
            prop_assert_eq!(
                instructions(&one[0].text), instructions(&other[0].text),
                "{} = {:?}\n{}", variable, text, one[0].text
            );
        }
    }
}
