use super::*;

const JOB: &str = "entity = \"acme/job\"\ntitle = \"A */ job\"\nid = [\"/id\"]\norder = \"arrival\"\n[states]\nopen = {}\n\"d\\\"one\" = { end = true }\n[events]\n\"job.open\" = { from = [\"new\"], to = \"open\" }\n\"job.*.done\" = { from = [\"open\"], to = \"d\\\"one\" }\n";
const ACME: &str = "provider = \"acme\"\n[envelope]\nkind = [\"/t\"]\nevent_id = []\ntime = []\n";

/// The types of the package for JavaScript are those of the built-in lifecycles.
#[test]
fn the_types_of_the_package_are_those_of_the_definitions() {
    let told = mediafold(&["types"]);
    assert!(told.status.success(), "{}", stderr(&told));
    golden::check_at("src/bindings/npm/lib/lifecycles.d.ts".as_ref(), &stdout(&told));
}

#[test]
fn the_types_of_the_package_for_python_are_those_of_the_definitions() {
    let told = mediafold(&["types", "--python"]);
    assert!(told.status.success(), "{}", stderr(&told));
    golden::check_at("src/bindings/python/mediafold/types.py".as_ref(), &stdout(&told));
}

#[test]
fn a_users_own_definitions_have_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("provider.toml"), ACME).unwrap();
    fs::write(path.join("job.toml"), JOB).unwrap();
    let written = folder.path().join("lifecycles.d.ts");
    let told = mediafold(&["types", path.to_str().unwrap(), "-o", written.to_str().unwrap()]);
    assert!(told.status.success(), "{}", stderr(&told));
    let expected = "/** What the definitions have names for: made by `mediafold types`. */
export interface Lifecycles {
  /** A *\u{200b}/ job */
  \"acme/job\": {
    state: \"new\" | \"open\" | \"d\\\"one\";
    flag: never;
    kind: \"job.open\" | \"job.*.done\";
    data: never;
  };
}
";
    assert_eq!(fs::read_to_string(&written).unwrap(), expected);
    let told = mediafold(&["types", "--python", path.to_str().unwrap()]);
    let expected =
        "\"\"\"What the definitions have names for: made by `mediafold types --python`.\"\"\"

from typing import Literal, NoReturn, Union

from mediafold import Asset, Event

# A */ job
AcmeJobState = Literal[\"new\", \"open\", \"d\\\"one\"]
AcmeJobFlag = NoReturn
AcmeJobKind = Literal[\"job.open\", \"job.*.done\"]
AcmeJobData = NoReturn
AcmeJobEvent = Event[Literal[\"acme/job\"], AcmeJobKind, AcmeJobState, AcmeJobFlag, AcmeJobData]
AcmeJobAsset = Asset[Literal[\"acme/job\"], AcmeJobState, AcmeJobFlag, AcmeJobData]

MediaEvent = Union[AcmeJobEvent]
MediaAsset = Union[AcmeJobAsset]
";
    assert_eq!(stdout(&told), expected);
    // The same by the option that every verb has: then with the built-in ones.
    let told = mediafold(&["types", "--definitions", path.to_str().unwrap()]);
    let text = stdout(&told);
    assert!(text.contains("\"acme/job\": {") && text.contains("\"mux/asset\": {"), "{text}");
}

#[test]
fn definitions_with_problems_have_no_types() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("job.toml"), "entity = \"acme/job\"\n").unwrap();
    let told = mediafold(&["types", folder.path().to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(2));
    assert!(stdout(&told).is_empty() && stderr(&told).contains("D1"), "{}", stderr(&told));
    let told = mediafold(&["types", "nowhere"]);
    assert_eq!(told.status.code(), Some(2));
}
