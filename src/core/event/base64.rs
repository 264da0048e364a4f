//! Base64: bodies that are not UTF-8 are recorded in it.

pub(super) fn not_base64(reason: &str) -> String {
    format!("the record's `body_base64` is not base64: {reason}")
}

/// Decodes `body_base64`: the standard alphabet, padded, without white space (RFC 4648, section 4).
///
/// Written out here since the `base64` crate would be a crate more for the core without its features.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn from_base64(text: &str) -> Result<Vec<u8>, String> {
    let (groups, rest) = text.as_bytes().as_chunks::<4>();
    if !rest.is_empty() {
        return Err(not_base64("its length is no multiple of four"));
    }
    let mut decoded = Vec::with_capacity(groups.len() * 3);
    for (at, group) in groups.iter().enumerate() {
        let padding = match group {
            [_, _, b'=', b'='] => 2,
            [_, _, _, b'='] => 1,
            _ => 0,
        };
        let padding = if at + 1 == groups.len() { padding } else { 0 };
        let mut bits = 0_u32;
        for (place, byte) in group[..4 - padding].iter().enumerate() {
            let digit =
                digit(*byte).ok_or_else(|| not_base64(&format!("byte {}", 4 * at + place + 1)))?;
            bits |= u32::from(digit) << (18 - 6 * place);
        }
        let bytes = &bits.to_be_bytes()[1..];
        let (bytes, left_over) = bytes.split_at(3 - padding);
        if left_over.iter().any(|byte| *byte != 0) {
            return Err(not_base64("its last byte says more than fits"));
        }
        decoded.extend_from_slice(bytes);
    }
    Ok(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(all(test, feature = "signature"))]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn both_ways_of_decoding_agree(text in "[A-DZa-dz0-9+/=_ -]{0,9}") {
            prop_assert_eq!(from_base64(&text).ok(), STANDARD.decode(&text).ok(), "{}", text);
        }

        #[test]
        fn what_is_encoded_is_decoded(bytes in vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(from_base64(&STANDARD.encode(&bytes)), Ok(bytes));
        }
    }
}
