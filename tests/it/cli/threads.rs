use std::{
    fs::{self, File},
    io::{Seek, SeekFrom},
    process::Command,
};
#[cfg(unix)]
use std::{
    io::Write,
    os::{fd::OwnedFd, unix::net::UnixStream},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{mediafold, stdout, with_stdin};

/// Several blocks of all providers' deliveries, with everything that may go wrong, in every layout.
fn traffic() -> Vec<u8> {
    #[rustfmt::skip]
    let simulate = [
        "simulate", "fastpix", "vms", "twilio", "--events", "1500", "--seed", "5", "--duplicates", "5%", "--late", "5%",
        "--lost", "3%", "--illegal", "3%", "--malformed", "1%",
    ];
    let bodies = mediafold(&simulate).stdout;
    let mut text = b"\xef\xbb\xbf".to_vec();
    for (at, body) in bodies.split(|byte| *byte == b'\n').enumerate() {
        let pretty =
            serde_json::from_slice(body).map(|value: serde_json::Value| format!("{value:#}"));
        match (at % 50, pretty) {
            (7, Ok(pretty)) => text.extend(pretty.bytes()),
            (9, Ok(pretty)) => text.extend(format!("[\n{pretty},\n{pretty}\n]\r\n").bytes()),
            (11, Ok(_)) => {
                text.extend(b"{\"received_at\":\"2026-03-01T00:00:00Z\",\"body\":");
                text.extend([body, b"}"].concat());
            }
            // As `export` writes what is not UTF-8.
            (12, _) => {
                let spoilt = if at % 100 == 12 { b"\xff".as_slice() } else { b"" };
                let base64 = STANDARD.encode([body, spoilt].concat());
                text.extend(format!("{{\"provider\":null,\"body_base64\":\"{base64}\"}}").bytes());
            }
            (13, _) => text.extend([body, &b" ".repeat(70_000), b"\n\n"].concat()),
            _ => text.extend(body),
        }
        text.push(b'\n');
    }
    text
}

/// The same lines, of three one in another order, and one with other content.
fn rewritten(text: &[u8]) -> Vec<u8> {
    let mut rewritten = Vec::new();
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        match (at % 3, serde_json::from_slice(line)) {
            (0, Ok(serde_json::Value::Object(body))) => {
                rewritten.extend(serde_json::to_vec(&body).unwrap());
            }
            (1, Ok(serde_json::Value::Object(mut body))) => {
                body.insert("note".to_owned(), true.into());
                rewritten.extend(serde_json::to_vec(&body).unwrap());
            }
            _ => rewritten.extend(line),
        }
        rewritten.push(b'\n');
    }
    rewritten
}

#[test]
fn threads_give_what_one_plain_reader_gives() {
    let folder = tempfile::tempdir().unwrap();
    let [all, again] = ["all.jsonl", "again.jsonl"].map(|name| folder.path().join(name));
    let text = traffic();
    assert!(text.len() > 3 << 18, "several blocks");
    fs::write(&all, &text).unwrap();
    fs::write(&again, rewritten(&text[text.len() / 3..text.len() / 2])).unwrap();
    let files = [all.to_str().unwrap(), again.to_str().unwrap()];
    let verbs: [&[&str]; 6] = [
        &["fold"],
        &["fold", "--no-data", "--policy", "follow", "--format", "csv"],
        &["fold", "--format", "table", "--fail-on", "error", "--deny", "late"],
        &["fold", "--as-of", "2026-01-01T00:05:00Z"],
        &["check", "--summary"],
        &["check", "--as-of", "2026-01-01T01:00:00Z", "--allow", "duplicate"],
    ];
    for verb in verbs {
        let plain = mediafold(&[verb, &["--plain"], &files].concat());
        assert!(plain.stdout.len() > 10_000, "{verb:?}");
        for count in ["1", "2", "5"] {
            let threads = mediafold(&[verb, &["--threads", count], &files].concat());
            assert!(threads.stdout == plain.stdout, "{verb:?} by {count} threads");
            assert_eq!(threads.status, plain.status, "{verb:?}");
            assert!(threads.stderr == plain.stderr, "{verb:?}");
        }
    }
    let by_pipe = stdout(&with_stdin(&["check", "-", files[1]], &text));
    let by_pipe = by_pipe.replace("<stdin>", files[0]);
    let conflicts = by_pipe.matches("\"conflicting-duplicate\"").count();
    assert!(conflicts > 20, "{conflicts}");
    assert!(by_pipe == stdout(&mediafold(&["check", files[0], files[1]])));
    let given = ["--provider", "vms", "--threads", "3"];
    let plain = mediafold(&[&["check", "--provider", "vms", "--plain"], &files[..]].concat());
    assert_eq!(stdout(&mediafold(&[&["check"], &given[..], &files].concat())), stdout(&plain));
}

/// Standard input may be a file, which can be read again, and the middle of one.
#[test]
fn what_is_redirected_is_read_as_a_pipe_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.jsonl");
    let text = traffic();
    let text = [&text[..], &rewritten(&text[text.len() / 3..text.len() / 2])].concat();
    fs::write(&path, &text).unwrap();
    for from in [0, text.len() / 4] {
        let mut file = File::open(&path).unwrap();
        file.seek(SeekFrom::Start(from as u64)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mediafold"));
        let redirected = command.args(["check", "-", "-"]).stdin(file).output().unwrap();
        let piped = with_stdin(&["check"], &text[from..]);
        assert!(stdout(&piped).matches("\"conflicting-duplicate\"").count() > 20);
        assert!(redirected.stdout == piped.stdout && redirected.stderr == piped.stderr, "{from}");
    }
}

/// A form, a document and a line of neither that are longer than any document may be, between others.
#[test]
fn what_is_too_long_is_told_once() {
    const LEN_MAX: usize = 16 << 20;
    let form = "StatusCallbackEvent=media-processor-started&MediaProcessorSid=ZX1&Timestamp=2026-01-01T00%3A00%3A00Z&P=";
    let json = "{\"type\":\"video.media.created\",\"id\":\"1\",\"data\":{\"id\":\"a\"},\"x\":\"";
    let mut text = String::new();
    for (begin, end) in [(form, ""), (json, "\"}"), ("x", "")] {
        for len in [LEN_MAX + (1 << 20), LEN_MAX + 1, LEN_MAX] {
            let filling = "x".repeat(len - begin.len() - end.len());
            text.extend([begin, &filling, end, "\n", form, "\n"]);
        }
    }
    let plain = with_stdin(&["check", "--plain"], text.as_bytes());
    assert_eq!(stdout(&plain).matches("\"P105\"").count(), 6, "{}", stdout(&plain));
    assert_eq!(stdout(&with_stdin(&["check", "--threads", "2"], text.as_bytes())), stdout(&plain));
}

/// What cannot be read is listed up to a limit, and how much more there is of it is said in every format.
#[test]
fn what_is_not_listed_is_counted() {
    let text = "{bad\n".repeat(100_003) + "x=1\n";
    for args in [&["--plain"][..], &["--threads", "2"]] {
        let told = |format: &[&str]| {
            let output = with_stdin(&[&["check"], args, format].concat(), text.as_bytes());
            assert_eq!(output.status.code(), Some(1));
            stdout(&output)
        };
        let rows = told(&[]);
        assert_eq!(rows.lines().count(), 100_002);
        let more: Vec<serde_json::Value> =
            rows.lines().skip(100_000).map(|row| serde_json::from_str(row).unwrap()).collect();
        let more = more.iter().map(|row| (row["code"].as_str().unwrap(), &row["more"]));
        assert!(
            more.eq([("P101", &3.into()), ("P102", &1.into())]),
            "{}",
            &rows[rows.len() - 900..]
        );
        let table = told(&["--format", "table"]);
        assert!(table.contains("P101]: 3 more, not listed") && table.contains("100004 errors"));
        let csv = told(&["--format", "csv"]);
        assert!(csv.lines().last().unwrap().contains("1 more, not listed"));
    }
}

/// What came before a stream failed is told, however it is read.
#[cfg(unix)]
#[test]
fn what_was_read_before_an_error_stands() {
    let bodies = mediafold(&["simulate", "fastpix", "--assets", "5", "--seed", "1"]).stdout;
    let told = |args: &[&str]| {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        ours.write_all(&bodies).unwrap();
        // Whoever closes without reading what came resets the stream.
        (&theirs).write_all(b"unread").unwrap();
        drop(ours);
        let child = Command::new(env!("CARGO_BIN_EXE_mediafold"))
            .args(args)
            .stdin(OwnedFd::from(theirs))
            .output()
            .unwrap();
        assert_eq!(child.status.code(), Some(2));
        stdout(&child)
    };
    let plain = told(&["fold", "--plain"]);
    assert!(plain.lines().count() >= 5, "{plain}");
    for count in ["1", "2"] {
        assert_eq!(told(&["fold", "--threads", count]), plain, "by {count} threads");
    }
}
