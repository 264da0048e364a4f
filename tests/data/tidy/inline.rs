// src/core/signature/verify.rs
// upwards: cli event fold
// impure: eprintln! jiff::Timestamp::now println! std::fs std::io::stdin std::net std::time::SystemTime
use std::io;

impl crate::fold::Told for Verifier {
    fn told<T: Into<crate::event::Event>>(&self) -> Option<::std::net::IpAddr> {
        println!("{}", <crate::cli::Words as Default>::default());
        std::eprintln!("{:?}", io::stdin());
        assert!(matches!(self.read, Some(std::fs::File { .. })));
        let _ = (std::time::SystemTime::now(), jiff::Timestamp::now());
        None
    }
}
