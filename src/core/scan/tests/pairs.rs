//! Forms at every level against what a plain reader of bytes finds.

use proptest::prelude::*;

use super::super::{Level, pairs::FormTraits, pairs::pairs};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn pairs_end_where_they_do(text in "[&=%?#78a\u{7f}é \n]{0,4}([&=%0-9A-Fa]{0,70}|(%[0-9A-F]{2}|a){0,70})[&%?8é]?") {
        let bytes = text.as_bytes();
        let expected: Vec<u32> =
            (0..).zip(bytes).filter(|(_, byte)| **byte == b'&').map(|(at, _)| at).collect();
        let about = FormTraits {
            plain: bytes.iter().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(byte)),
            high: bytes.windows(2).any(|two| two[0] == b'%' && two[1] >= b'8'),
        };
        for level in Level::all() {
            let mut ends = vec![7];
            prop_assert_eq!(pairs(level, bytes, &mut ends), about, "{:?} {:?}", level, &text);
            prop_assert_eq!(&ends, &expected, "{:?} {:?}", level, &text);
        }
    }
}
