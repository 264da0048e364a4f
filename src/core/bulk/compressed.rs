//! Decompresses gzip and zstd: whole, or with an error that says what is wrong.

use std::{
    error::Error,
    io::{self, BufRead, BufReader, Chain, Cursor, Read},
};

use crate::shown::plural;
use flate2::bufread::GzDecoder;
use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// What a zstd frame begins with that is to be skipped, whatever the lower half of the first byte.
const SKIPPABLE: [u8; 4] = [0x50, 0x2a, 0x4d, 0x18];
/// How many bytes a part is known by, and what its header says of its size: the magic number and the descriptor of a zstd
/// frame.
const HEAD_LEN: usize = 5;

/// What is wrong with a compressed stream.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamDamage {
    /// It ends before its end.
    #[error("the compressed stream breaks off")]
    Cut,
    /// It is not what it says of itself.
    #[error("the compressed stream is damaged: {0}")]
    Corrupt(String),
    /// Something else follows it.
    #[error("{0} behind the end of the compressed stream, neither gzip nor zstd")]
    Behind(String),
}

impl StreamDamage {
    /// What is wrong with the stream that this error is of, if the stream it is and not the reading of it.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<StreamDamage> for io::Error {
    fn from(damage: StreamDamage) -> Self {
        Self::new(io::ErrorKind::InvalidData, damage)
    }
}

fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&GZIP)
}

/// Whether a frame begins so, one that is to be skipped included.
fn is_zstd(head: &[u8]) -> bool {
    head.starts_with(&ZSTD) || is_skippable(head)
}

fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [first, rest @ ..] if first & 0xf0 == SKIPPABLE[0] && rest.starts_with(&SKIPPABLE[1..]))
}

/// Whether a stream begins as a compressed one does but for one bit. No webhook does: it would be no UTF-8, or begin
/// with a control character or with `P*M8`.
fn is_spoilt(head: &[u8]) -> bool {
    let differs = |magic: &[u8], mask: u8| {
        let bits = |at: usize| (head[at] ^ magic[at]) & if at == 0 { mask } else { u8::MAX };
        head.len() >= magic.len()
            && (0..magic.len()).map(|at| bits(at).count_ones()).sum::<u32>() == 1
    };
    differs(&ZSTD, u8::MAX) || differs(&SKIPPABLE, 0xf0) || differs(&[GZIP[0], GZIP[1], 8], u8::MAX)
}

/// Whether a stream that begins so is one of gzip or zstd.
pub fn is_compressed(head: &[u8]) -> bool {
    is_gzip(head) || is_zstd(head)
}

/// A stream of deliveries.
#[expect(missing_debug_implementations, reason = "a stream has nothing to show")]
#[non_exhaustive]
pub struct OpenedStream {
    /// What is in it.
    pub stream: Box<dyn Read + Send>,
    /// It is as it came, so that the same can be read again at any place of it.
    pub again: bool,
}

/// The stream, decompressed if its first bytes say that it is compressed.
///
/// # Errors
/// Its first bytes cannot be read.
pub fn decompressed(mut stream: impl Read + Send + 'static) -> io::Result<OpenedStream> {
    let mut head = Vec::with_capacity(4);
    stream.by_ref().take(4).read_to_end(&mut head)?;
    let (stream, again): (Box<dyn Read + Send>, _) = if is_compressed(&head) {
        (Box::new(StreamParts::new(head, stream)), false)
    } else if is_spoilt(&head) {
        let what = "it begins as gzip or zstd does but for one bit".to_owned();
        (Box::new(BrokenStream(Some(StreamDamage::Corrupt(what).into()))), false)
    } else {
        (Box::new(Cursor::new(head).chain(stream)), true)
    };
    Ok(OpenedStream { stream, again })
}

/// What is left of a stream that breaks off with this error.
#[derive(Debug)]
pub struct BrokenStream(Option<io::Error>);

impl From<io::Error> for BrokenStream {
    fn from(error: io::Error) -> Self {
        Self(Some(error))
    }
}

impl Read for BrokenStream {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

type Stream<R> = Chain<Cursor<Vec<u8>>, BufReader<R>>;

/// A stream of gzip members and zstd frames, decompressed one after another.
struct StreamParts<R> {
    part: StreamPart<R>,
    /// Kept for its memory: a file may be many frames.
    decoder: FrameDecoder,
}

enum StreamPart<R> {
    /// What comes is not known yet.
    Between(Stream<R>),
    Gzip(GzDecoder<Stream<R>>),
    /// The stream, how many bytes the frame has, if it says so, and how many there were.
    Zstd(Stream<R>, Option<u64>, u64),
    Ended,
}

impl<R: Read> StreamParts<R> {
    /// What comes after these first bytes is read from `input`.
    fn new(head: Vec<u8>, input: R) -> Self {
        let stream = Cursor::new(head).chain(BufReader::with_capacity(128 << 10, input));
        Self { part: StreamPart::Between(stream), decoder: FrameDecoder::new() }
    }

    /// Begins the next part, if there is one.
    fn begin(&mut self, mut stream: Stream<R>) -> io::Result<StreamPart<R>> {
        let mut head = Vec::with_capacity(HEAD_LEN);
        stream.by_ref().take(HEAD_LEN as u64).read_to_end(&mut head)?;
        if head.is_empty() {
            return Ok(StreamPart::Ended);
        }
        let (is_gzip, is_zstd) = (is_gzip(&head), is_zstd(&head));
        let (rest, input) = stream.into_inner();
        let unread = rest.get_ref()[rest.position() as usize..].to_vec();
        let descriptor = head.get(ZSTD.len()).copied();
        let is_skippable = is_skippable(&head);
        let mut stream = Cursor::new([head, unread].concat()).chain(input);
        if is_gzip {
            return Ok(StreamPart::Gzip(GzDecoder::new(stream)));
        }
        if !is_zstd {
            pass_over_padding(&mut stream)?;
            return Ok(StreamPart::Ended);
        }
        match self.decoder.reset(&mut stream) {
            Ok(()) => {
                // Two bits say how long the size is; one says that it is there in any case.
                let has_size = descriptor.is_some_and(|descriptor| descriptor & 0b1110_0000 != 0);
                Ok(StreamPart::Zstd(stream, has_size.then(|| self.decoder.content_size()), 0))
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) if is_skippable => {
                let skipped = io::copy(&mut stream.by_ref().take(length.into()), &mut io::sink())?;
                if skipped < length.into() {
                    return Err(StreamDamage::Cut.into());
                }
                Ok(StreamPart::Between(stream))
            }
            Err(error) => Err(zstd_error(error)),
        }
    }

    /// Reads on in the frame that was begun; 0 at its end, once what it says of itself was found to be so.
    fn read_frame(
        &mut self,
        stream: &mut Stream<R>,
        (size, read): (Option<u64>, &mut u64),
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let decoder = &mut self.decoder;
        while decoder.can_collect() == 0 && !decoder.is_finished() {
            decoder
                .decode_blocks(&mut *stream, BlockDecodingStrategy::UptoBlocks(1))
                .map_err(zstd_error)?;
        }
        let len = decoder.read(buffer)?;
        *read += len as u64;
        let corrupt = |what: &str| Err(StreamDamage::Corrupt(what.to_owned()).into());
        if size.is_some_and(|size| *read > size || (len == 0 && *read < size)) {
            return corrupt("a zstd frame has not the size that it says");
        }
        if len == 0
            && let Some(sum) = decoder.get_checksum_from_data()
            && decoder.get_calculated_checksum() != Some(sum)
        {
            return corrupt("the checksum of a zstd frame is wrong");
        }
        Ok(len)
    }
}

impl<R: Read> Read for StreamParts<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            // What fails has no more to give.
            match std::mem::replace(&mut self.part, StreamPart::Ended) {
                StreamPart::Ended => return Ok(0),
                StreamPart::Between(stream) => self.part = self.begin(stream)?,
                StreamPart::Gzip(mut member) => match member.read(buffer).map_err(gzip_error)? {
                    0 => self.part = StreamPart::Between(member.into_inner()),
                    len => {
                        self.part = StreamPart::Gzip(member);
                        return Ok(len);
                    }
                },
                StreamPart::Zstd(mut stream, size, mut read) => {
                    match self.read_frame(&mut stream, (size, &mut read), buffer)? {
                        0 => self.part = StreamPart::Between(stream),
                        len => {
                            self.part = StreamPart::Zstd(stream, size, read);
                            return Ok(len);
                        }
                    }
                }
            }
        }
    }
}

/// Reads to the end of what may be zeros only: tapes and block devices are filled up with them, and gzip passes over
/// them too.
fn pass_over_padding(stream: &mut impl BufRead) -> io::Result<()> {
    let (mut len, mut zeros) = (0_u64, true);
    loop {
        let bytes = stream.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        zeros &= bytes.iter().all(|byte| *byte == 0);
        let more = bytes.len();
        len += more as u64;
        stream.consume(more);
    }
    if zeros { Ok(()) } else { Err(StreamDamage::Behind(plural(len, "byte")).into()) }
}

fn gzip_error(error: io::Error) -> io::Error {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.kind() {
        UnexpectedEof => StreamDamage::Cut.into(),
        InvalidData | InvalidInput => StreamDamage::Corrupt(error.to_string()).into(),
        _ => error,
    }
}

/// What the decoder says, unless it could not read.
fn zstd_error(error: FrameDecoderError) -> io::Error {
    let mut source: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return match (error.kind(), error.raw_os_error()) {
                (io::ErrorKind::UnexpectedEof, _) => StreamDamage::Cut.into(),
                (_, Some(code)) => io::Error::from_raw_os_error(code),
                (kind, None) => io::Error::new(kind, error.to_string()),
            };
        }
        source = cause.source();
    }
    StreamDamage::Corrupt(error.to_string()).into()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).expect("memory can be written");
        encoder.finish().expect("memory can be written")
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    /// A frame of one block as it is, which says its size, with no checksum.
    fn sized(text: &[u8], size: u8) -> Vec<u8> {
        let block = (text.len() as u32) << 3 | 1;
        [&ZSTD[..], &[0x20, size], &block.to_le_bytes()[..3], text].concat()
    }

    fn skippable(len: u8) -> Vec<u8> {
        [&[0x53, 0x2a, 0x4d, 0x18, len, 0, 0, 0][..], &vec![7; len.into()]].concat()
    }

    fn text() -> Vec<u8> {
        let lines = (0..40)
            .map(|at| format!("{{\"type\":\"video.media.ready\",\"id\":\"e{}\"}}\n", at * at));
        lines.collect::<String>().into_bytes()
    }

    /// What is read, and how it ended: a few bytes at a time, as from a pipe.
    fn read(bytes: &[u8]) -> (Vec<u8>, Result<(), String>) {
        struct Trickle(Cursor<Vec<u8>>);
        impl Read for Trickle {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let len = buffer.len().min(7);
                self.0.read(&mut buffer[..len])
            }
        }
        let mut stream =
            decompressed(Trickle(Cursor::new(bytes.to_vec()))).expect("it opens").stream;
        let mut all = Vec::new();
        let ended = stream.read_to_end(&mut all).map(|_| ()).map_err(|error| {
            StreamDamage::of(&error)
                .unwrap_or_else(|| panic!("{error:?} is of the stream"))
                .to_string()
        });
        (all, ended)
    }

    #[test]
    fn parts_of_all_kinds_are_read_one_after_another() {
        let text = text();
        let twice = [&text[..], &text].concat();
        let (gzip, zstd, skippable) = (gzip(&text), zstd(&text), skippable(9));
        for (parts, expected) in [
            (vec![&gzip], &text),
            (vec![&zstd], &text),
            (vec![&gzip, &gzip], &twice),
            (vec![&zstd, &zstd], &twice),
            (vec![&gzip, &zstd], &twice),
            (vec![&zstd, &gzip], &twice),
            (vec![&skippable, &zstd, &skippable, &skippable, &zstd, &skippable], &twice),
            (vec![&gzip, &vec![0; 1000]], &text),
            (vec![&zstd, &vec![0; 1]], &text),
            (vec![&sized(b"abc", 3), &zstd], &[b"abc", &text[..]].concat()),
            (vec![&skippable], &Vec::new()),
        ] {
            let (all, ended) = read(&parts.into_iter().flatten().copied().collect::<Vec<u8>>());
            assert!(all == *expected && ended == Ok(()), "{ended:?}");
        }
    }

    #[test]
    fn what_stands_behind_is_said() {
        let text = text();
        for whole in [gzip(&text), zstd(&text)] {
            for behind in [&b"x"[..], b"\0\0x\0", b"{\"a\":1}\n", &[0x1f], &[b'y'; 70_000]] {
                let (all, ended) = read(&[&whole, behind].concat());
                let len = plural(behind.len() as u64, "byte");
                let reason = "behind the end of the compressed stream, neither gzip nor zstd";
                assert!(all == text && ended == Err(format!("{len} {reason}")), "{ended:?}");
            }
        }
    }

    /// What is cut breaks off, wherever, but between its parts.
    #[test]
    fn what_is_cut_is_never_whole() {
        let text = text();
        for part in [gzip(&text), zstd(&text), sized(b"abc", 3), skippable(5)] {
            let whole = [&part[..], &part].concat();
            for len in 4..whole.len() {
                let ended = read(&whole[..len]).1;
                assert_eq!(ended.is_ok(), len == part.len(), "{len} of {}: {ended:?}", whole.len());
            }
        }
    }

    /// Whichever bit of a stream is flipped: the same is read, or it is damaged.
    #[test]
    fn no_flipped_bit_changes_what_is_read() {
        let text = text();
        let both = [skippable(2), zstd(&text), gzip(&text)].concat();
        for whole in [gzip(&text), zstd(&text), both] {
            let expected = read(&whole).0;
            for bit in 0..whole.len() * 8 {
                let mut flipped = whole.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let (all, ended) = read(&flipped);
                assert!(ended.is_err() || all == expected, "bit {bit} of byte {}", bit / 8);
            }
        }
    }

    #[test]
    fn a_frame_of_another_size_than_it_says_is_damaged() {
        for size in [2, 4] {
            assert!(read(&sized(b"abc", size)).1.is_err(), "{size}");
        }
    }
}
