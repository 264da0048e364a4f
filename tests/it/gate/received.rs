use proptest::prelude::*;

use super::*;

#[test]
fn what_providers_send_is_stored_and_then_acknowledged() {
    let server = Server::new(SOURCES);
    let json = with(fastpix(EVENT), "Content-Type", "application/json");
    let answer = server.post("/in/fastpix", &json, EVENT);
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, "{\"delivery\":1,\"quarantined\":false}\n")
    );
    let stored = server.store.last();
    assert_eq!((stored.source.as_str(), stored.provider.as_str()), ("fastpix", "fastpix"));
    assert_eq!((stored.received_at, stored.body.as_slice()), (now(), EVENT));
    assert_eq!(stored.content_type.as_deref(), Some("application/json"));

    // In pieces of its own making, without a length.
    let chunked = [&EVENT[..10], &EVENT[10..]]
        .map(|part| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat());
    let head = "POST /in/fastpix HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n";
    let signature = format!("{}: {}\r\n\r\n", fastpix(EVENT)[0].0, fastpix(EVENT)[0].1);
    let bytes = [head.as_bytes(), signature.as_bytes(), &chunked.concat(), b"0\r\n\r\n"].concat();
    assert_eq!(server.raw(&bytes).status, 200);
    assert_eq!(server.store.last().body, EVENT);

    let vms = br#"{"ContentStatus":"READY"}"#;
    assert_eq!(server.post("/in/vms/s3cret-path", &vec![], vms).status, 200);
    assert_eq!(server.store.last().source, "vms");
    let bearer = vec![("Authorization".to_owned(), "Bearer open".to_owned())];
    assert_eq!(server.post("/in/bearer", &bearer, vms).status, 200);
    assert_eq!(server.store.count(), 4);
}

/// The address that counts is the configured one, with the query that came; the Host header is an attacker's word.
#[test]
fn twilio_posts_forms_json_and_gets() {
    let server = Server::new(SOURCES);
    let form = b"MediaProcessorSid=ZX1&StatusCallbackEvent=media-processor-started&Empty=";
    let signed = sign("twilio", "12345", CALLBACK, form);
    assert_eq!(server.post("/in/twilio?foo=1", &signed, form).status, 200);
    // A proxy may drop the query; the configured address has it.
    assert_eq!(server.post("/in/twilio", &signed, form).status, 200);
    assert_eq!(server.store.last().body, form);
    assert_eq!(server.post("/in/twilio?foo=2", &signed, form).status, 401);
    let lured = sign("twilio", "12345", "https://attacker.example/in/twilio?foo=1", form);
    assert_eq!(server.post("/in/twilio?foo=1", &lured, form).status, 401);

    let json = br#"{"property": "value", "boolean": true}"#;
    let query = "foo=1&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    let signed = sign("twilio", "12345", &format!("https://example.com/in/twilio?{query}"), b"");
    assert_eq!(server.post(&format!("/in/twilio?{query}"), &signed, json).status, 200);
    assert_eq!(server.post(&format!("/in/twilio?{query}"), &signed, b"{}").status, 401);

    let query = "foo=1&PlayerStreamerSid=VJ1&StatusCallbackEvent=stream-ended&Name=O%27Brien";
    let signed = sign("twilio", "12345", &format!("https://example.com/in/twilio?{query}"), b"");
    let target = format!("/in/twilio?{query}");
    assert_eq!(server.send("GET", &target, &signed, b"").status, 200);
    let stored = server.store.last();
    assert_eq!(stored.body, query.as_bytes());
    assert_eq!(stored.content_type.as_deref(), Some("application/x-www-form-urlencoded"));
    let changed = target.replace("ended", "failed");
    assert_eq!(server.send("GET", &changed, &signed, b"").status, 401);
    assert_eq!(server.store.count(), 4);
}

/// Whatever is wrong, the answer is the same, and nothing is stored.
#[test]
fn what_is_forged_is_refused_alike() {
    let server = Server::new(SOURCES);
    let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let right = fastpix(EVENT);
    let answers = [
        server.post("/in/fastpix", &vec![], EVENT),
        server.post("/in/fastpix", &header("FastPix-Signature", "bm9uc2Vuc2U="), EVENT),
        server.post("/in/fastpix", &header("FastPix-Signature", "not base64"), EVENT),
        server.post("/in/fastpix", &sign("fastpix", "d3Jvbmc=", "", EVENT), EVENT),
        server.post("/in/fastpix", &right, b"{}"),
        server.post("/in/fastpix", &right, b""),
        server.post("/in/fastpix", &[right.clone(), right].concat(), EVENT),
        server.post("/in/vms/wrong", &vec![], EVENT),
        server.post("/in/vms", &vec![], EVENT),
        server.post("/in/vms/s3cret-path2", &vec![], EVENT),
        server.post("/in/bearer", &vec![], EVENT),
        server.post("/in/bearer", &header("Authorization", "Bearer old"), EVENT),
        server.post("/in/bearer", &header("Authorization", "Basic open"), EVENT),
        server.send("GET", "/in/twilio?foo=1", &vec![], b""),
    ];
    assert_eq!((answers[0].status, answers[0].body.contains("not authentic")), (401, true));
    for (index, answer) in answers.iter().enumerate() {
        assert_eq!(answer, &answers[0], "{index}");
    }
    assert_eq!(server.store.count(), 0);
}

/// Which host a request is for is said once; nothing is read from it, but somebody between may.
#[test]
fn hosts_and_authorizations_are_given_once() {
    let server = Server::new(SOURCES);
    let ask = |version: &str, headers: &str| {
        server.raw(format!("GET /healthz HTTP/1.{version}\r\n{headers}\r\n").as_bytes()).status
    };
    for fine in ["Host: x", "Host: x:80", "Host: [::1]:80", "host: 1.2.3.4", "Host:"] {
        let fine = format!("{fine}\r\nConnection: close\r\n");
        assert_eq!((ask("1", &fine), ask("0", &fine)), (200, 200), "{fine}");
    }
    for wrong in ["Host: x\r\nHost: x", "Host: x\r\nhost: y", "Host: x y", "Host: a@b", "Host: x/y"]
    {
        assert_eq!(
            (ask("1", &format!("{wrong}\r\n")), ask("0", &format!("{wrong}\r\n"))),
            (400, 400),
            "{wrong}"
        );
    }
    // Each ends its connection, so that what follows is no request.
    assert_eq!((ask("1", ""), ask("0", "")), (400, 200));
    let whole = String::from_utf8(request("POST", "/in/fastpix", &fastpix(EVENT), EVENT)).unwrap();
    assert_eq!(server.raw(whole.replace("Host: attacker.example\r\n", "").as_bytes()).status, 400);
    assert_eq!(server.raw(whole.replace("Host: ", "Host: a\r\nHost: ").as_bytes()).status, 400);
    assert_eq!(server.store.count(), 0);

    let twice = |first: &str, second: &str| {
        let name = || "Authorization".to_owned();
        vec![(name(), first.to_owned()), (name(), second.to_owned())]
    };
    for (target, token) in [("/metrics", "Bearer may ask"), ("/in/bearer", "Bearer open")] {
        let method = if target == "/metrics" { "GET" } else { "POST" };
        for headers in [twice(token, token), twice(token, "x"), twice("x", token)] {
            assert_eq!(server.send(method, target, &headers, EVENT).status, 401, "{target}");
        }
        assert_eq!(server.send(method, target, &twice(token, "")[..1].to_vec(), EVENT).status, 200);
    }
    let headers = [fastpix(EVENT), twice("Basic x", "Basic x")].concat();
    assert_eq!(server.post("/in/fastpix", &headers, EVENT).status, 401);
    assert_eq!(server.post("/in/vms/s3cret-path", &twice("x", "y"), EVENT).status, 401);
    assert_eq!(server.store.count(), 1);
}

#[test]
fn addresses_and_methods() {
    let server = Server::new(SOURCES);
    for target in ["/in/nobody", "/in/fastpix/token", "/in/", "/in", "/", "/in/vms/a/b", "/in/%ff"]
    {
        let status = server.post(target, &fastpix(EVENT), EVENT).status;
        assert!(matches!(status, 400 | 404), "{target} {status}");
    }
    for method in ["GET", "PUT", "DELETE", "HEAD"] {
        let answer = server.send(method, "/in/fastpix", &fastpix(b""), b"");
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{method}");
    }
    assert_eq!(server.raw(b"nonsense\r\n\r\n").status, 400);
    assert_eq!(server.store.count(), 0);
}

/// FastPix tries an address with an unsigned `{}` or nothing, and takes only 200 for an answer.
#[test]
fn the_unsigned_probe_is_answered_and_not_stored() {
    let server = Server::new(SOURCES);
    for body in [&b"{}"[..], b"", b" {}\r\n"] {
        assert_eq!(server.post("/in/fastpix", &vec![], body).status, 200, "{body:?}");
    }
    assert_eq!(server.store.count(), 0);
    // No other provider does so, and no other body is one.
    assert_eq!(server.post("/in/vms", &vec![], b"{}").status, 401);
    assert_eq!(server.post("/in/twilio", &vec![], b"").status, 401);
    assert_eq!(server.post("/in/fastpix", &vec![], b"{ }").status, 401);
    // A signed one is a delivery, and it is the store that knows what to make of it.
    assert_eq!(server.signed(b"{}").status, 200);
    assert_eq!(server.store.count(), 1);
}

#[test]
fn what_cannot_be_read_is_kept_aside() {
    let server = Server::new(SOURCES);
    for body in [&b"{]"[..], b"\xff\xfe"] {
        let answer = server.signed(body);
        assert!(answer.status == 200 && answer.body.contains("\"quarantined\":true"), "{answer:?}");
        assert_eq!(server.store.last().body, body);
    }
}

#[test]
fn compressed_bodies() {
    let server = Server::new(SOURCES);
    let zipped = gzip(EVENT);
    for signed in [EVENT, &zipped] {
        let headers = with(fastpix(signed), "Content-Encoding", "gzip");
        assert_eq!(server.post("/in/fastpix", &headers, &zipped).status, 200);
        assert_eq!(server.store.last().body, EVENT);
    }
    let headers = |body: &[u8]| with(fastpix(body), "Content-Encoding", "GZip");
    // 64 KiB is the limit here; compressed this is 100 bytes.
    let fits = vec![b' '; 64 << 10];
    assert_eq!(server.post("/in/fastpix", &headers(&fits), &gzip(&fits)).status, 200);
    let bomb = gzip(&vec![b' '; (64 << 10) + 1]);
    assert_eq!(server.post("/in/fastpix", &headers(&bomb), &bomb).status, 413);
    let large = gzip(&vec![0; 4 << 20]);
    assert_eq!(server.post("/in/fastpix", &headers(&large), &large).status, 413);
    // What is authentic is kept, even if it cannot be decompressed.
    assert_eq!(server.post("/in/fastpix", &headers(b"no gzip"), b"no gzip").status, 200);
    assert_eq!(server.store.last().body, b"no gzip");
    assert_eq!(server.post("/in/fastpix", &headers(b"no gzip"), b"no zip").status, 401);
    assert_eq!(server.store.count(), 4);

    for encoding in ["br", "zstd", "deflate", "gzip, gzip", "chunked"] {
        let headers = with(fastpix(EVENT), "Content-Encoding", encoding);
        let answer = server.post("/in/fastpix", &headers, EVENT);
        assert_eq!((answer.status, answer.header("accept-encoding")), (415, "gzip"), "{encoding}");
    }
    let headers = with(fastpix(EVENT), "Content-Encoding", "identity");
    assert_eq!(server.post("/in/fastpix", &headers, EVENT).status, 200);
}

/// A body is taken whole or not at all, whatever is said of its length.
#[test]
fn bodies_that_are_too_large() {
    let server = Server::new(SOURCES);
    let fits = vec![b'x'; 64 << 10];
    assert_eq!(server.signed(&fits).status, 200);
    assert_eq!(server.store.last().body, fits);
    let large = vec![b'x'; (64 << 10) + 1];
    assert_eq!(server.signed(&large).status, 413);
    assert_eq!(server.signed(&vec![b'x'; 2 << 20]).status, 413);

    let chunk = [b"1000\r\n", &[b'x'; 4096][..], b"\r\n"].concat();
    let head = "POST /in/fastpix HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n";
    let signature = format!("{}: {}\r\n\r\n", fastpix(&large)[0].0, fastpix(&large)[0].1);
    let mut bytes = [head.as_bytes(), signature.as_bytes()].concat();
    (0..16).for_each(|_| bytes.extend_from_slice(&chunk));
    bytes.extend_from_slice(b"1\r\nx\r\n0\r\n\r\n");
    assert_eq!(server.raw(&bytes).status, 413);

    // Whoever asks first is told before anything is sent.
    let asked = "POST /in/fastpix HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n\
                 Content-Length: 1000000000\r\n\r\n";
    assert_eq!(server.raw(asked.as_bytes()).status, 413);
    assert_eq!(server.store.count(), 1);
}

/// Whatever comes instead of a request, the server answers or closes, lets nothing in, and goes on.
#[test]
fn junk_does_no_harm() {
    let server = Server::new(SOURCES);
    let right = request("POST", "/in/fastpix", &fastpix(EVENT), EVENT);
    let twilio = request("GET", "/in/twilio?foo=%zz&bodySHA256=", &vec![], b"");
    let spoilt = (
        prop::sample::select(vec![right.clone(), twilio]),
        prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..6),
        prop::option::of(0.0..1.0_f64),
    );
    let at = |share: f64, len: usize| (share * len as f64) as usize;
    proptest!(ProptestConfig::with_cases(128), |((mut bytes, changes, cut) in spoilt)| {
        let whole = bytes.clone();
        for (place, byte) in changes {
            let place = at(place, bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| at(cut, bytes.len())));
        let mut stream = server.connect();
        stream.write_all(&bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let answer = Answer::read(&mut stream);
        // A change may hit what nobody looks at.
        prop_assert!(matches!(answer.status, 0 | 200 | 400..=431), "{answer:?} {whole:?}");
    });
    let stored = server.store.seen.lock().unwrap().clone();
    assert!(stored.iter().all(|stored| stored.body == EVENT), "{stored:?}");
    assert_eq!(server.raw(&right).status, 200);
}
