use std::{fs, io::Write};

use super::{check_findings, delivery, mediafold, stderr, stdout, with_stdin};

fn compressed() -> [(&'static str, Vec<u8>); 2] {
    let lines =
        (0..4000).map(|at| delivery("video.media.created", at % 60, &format!("m{at}")) + "\n");
    let text: String = lines.collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zstd = ruzstd::encoding::compress_to_vec(text.as_bytes(), level);
    [("a.jsonl.gz", gzip.finish().unwrap()), ("a.jsonl.zst", zstd)]
}

#[test]
fn compressed_input_is_read_and_a_broken_stream_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> =
        (0..6000).map(|i| delivery("video.media.created", i % 60, &format!("m{i}"))).collect();
    let plain = lines.join("\n");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(
        plain.as_bytes(),
        ruzstd::encoding::CompressionLevel::Fastest,
    );
    let expected = stdout(&with_stdin(&["fold"], plain.as_bytes()));
    for (name, bytes) in [("a.jsonl.gz", &gzip), ("a.jsonl.zst", &zstd)] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        assert_eq!(stdout(&mediafold(&["fold", path.to_str().unwrap()])), expected, "{name}");
        assert_eq!(
            stdout(&with_stdin(&["fold"], &[&bytes[..], &bytes[..]].concat())).lines().count(),
            6000
        );
        let cut = &bytes[..bytes.len() / 2];
        let findings = check_findings(cut);
        assert_eq!(findings.last().unwrap().0, "malformed-payload", "{name}");
        let folded = stdout(&with_stdin(&["fold"], cut)).lines().count();
        assert!((100..6000).contains(&folded), "{name}: {folded}");
    }
}

/// Whatever a verb does, it does not say 0 of a compressed file that is not whole, and says what is wrong.
#[test]
fn compressed_input_is_whole_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let verbs: [&[&str]; 7] = [
        &["fold"],
        &["fold", "--plain"],
        &["fold", "--no-data", "--format", "csv"],
        &["check", "--fail-on", "never"],
        &["report"],
        &["timeline", "fastpix/media", "m0"],
        &["diagram", "fastpix/media", "--format", "text", "--observed"],
    ];
    for (name, whole) in compressed() {
        let path = folder.path().join(name);
        let path = path.to_str().unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let cut = whole[..whole.len() - 3].to_vec();
        let behind = [&whole[..], b"junk"].concat();
        for (bytes, reason) in [
            (&cut, "breaks off"),
            (&flipped, "damaged"),
            (&behind, "4 bytes behind the end of the compressed stream"),
        ] {
            fs::write(path, bytes).unwrap();
            for verb in verbs {
                let output = mediafold(&[verb, &[path]].concat());
                let said = stderr(&output);
                assert_eq!(output.status.code(), Some(1), "{verb:?} {name} {reason}: {said}");
                assert_eq!(said.matches(reason).count(), 1, "{verb:?} {name}: {said}");
                assert!(said.contains(name), "{verb:?} {name}: {said}");
                assert!(!output.stdout.is_empty(), "what came before is told: {verb:?} {name}");
            }
            let found = stdout(&mediafold(&["check", path]));
            assert_eq!(found.matches("\"malformed-payload\"").count(), 1, "{name}: {found}");
        }
    }
}

/// Wherever a bit is flipped: another exit code, or the same states.
#[test]
fn a_flipped_bit_is_never_another_state() {
    let folder = tempfile::tempdir().unwrap();
    for (name, whole) in compressed() {
        let path = folder.path().join(name);
        let fold = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            mediafold(&["fold", path.to_str().unwrap()])
        };
        let expected = fold(&whole).stdout;
        for at in 0..40 {
            // The first bytes, which are the header, and then some everywhere.
            let bit = if at < 10 { at * 7 } else { at * 7919 % (whole.len() * 8) };
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let output = fold(&flipped);
            assert!(output.stdout == expected || !output.status.success(), "{name}: bit {bit}");
        }
    }
}
