//! Recordings that have been made. The simulator hears nothing, so there is silence in them, of the right length.

use serde_json::{json, Value};

/// A file of more than an hour would say no more than one of an hour.
const LONGEST: f64 = 3600.0;

/// One of the formats of files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Format {
    /// As it was asked for.
    pub name: &'static str,
    /// As the file has it, and its content type.
    pub extension: &'static str,
    pub content_type: &'static str,
    coding: Coding,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Coding {
    /// 16 bits a sample, so many samples a second.
    Linear(u32),
    /// The same in a WAV file.
    Wav(u32),
    /// So many bytes of this value a second.
    Bytes(u32, u8),
    /// The same in a file of Sun's.
    Sun,
    Gsm,
    /// GSM in a WAV file.
    WavGsm,
}

macro_rules! formats {
    ($($name:literal $extension:literal $coding:expr;)*) => {
        &[$(Format {
            name: $name,
            extension: $extension,
            content_type: concat!("audio/", $extension),
            coding: $coding,
        }),*]
    };
}

use Coding::*;
const FORMATS: &[Format] = formats![
    "wav" "wav" Wav(8000);
    "wav16" "wav16" Wav(16000);
    "WAV" "WAV" WavGsm;
    "wav49" "WAV" WavGsm;
    "gsm" "gsm" Gsm;
    "ulaw" "ulaw" Bytes(8000, 0xff);
    "ul" "ul" Bytes(8000, 0xff);
    "mu" "mu" Bytes(8000, 0xff);
    "ulw" "ulw" Bytes(8000, 0xff);
    "pcm" "pcm" Bytes(8000, 0xff);
    "alaw" "alaw" Bytes(8000, 0xd5);
    "al" "al" Bytes(8000, 0xd5);
    "alw" "alw" Bytes(8000, 0xd5);
    "g722" "g722" Bytes(8000, 0xfa);
    "au" "au" Sun;
    "sln" "sln" Linear(8000);
    "slin" "slin" Linear(8000);
    "raw" "raw" Linear(8000);
    "sln12" "sln12" Linear(12000);
    "sln16" "sln16" Linear(16000);
    "sln24" "sln24" Linear(24000);
    "sln32" "sln32" Linear(32000);
    "sln44" "sln44" Linear(44100);
    "sln48" "sln48" Linear(48000);
    "sln96" "sln96" Linear(96000);
    "sln192" "sln192" Linear(192000);
];

/// 20 ms of silence.
const GSM: [u8; 33] = [
    0xd8, 0x20, 0xa2, 0xe1, 0x5a, 0x50, 0x00, 0x49, 0x24, 0x92, 0x49, 0x24, 0x50, 0x00, 0x49, 0x24, 0x92, 0x49, 0x24,
    0x50, 0x00, 0x49, 0x24, 0x92, 0x49, 0x24, 0x50, 0x00, 0x49, 0x24, 0x92, 0x49, 0x24,
];

impl Format {
    pub fn named(name: &str) -> Option<Format> {
        FORMATS.iter().find(|format| format.name == name).copied()
    }

    /// A file of silence.
    fn file(&self, seconds: f64) -> Vec<u8> {
        let seconds = seconds.clamp(0.0, LONGEST);
        // Asterisk writes 20 ms at a time.
        let frames = (seconds * 50.0).round() as u32;
        let bytes = |a_second: u32, value: u8| vec![value; (frames as usize * a_second as usize) / 50];
        match self.coding {
            Linear(rate) => bytes(rate * 2, 0),
            Bytes(rate, value) => bytes(rate, value),
            Wav(rate) => {
                let mut format = Vec::new();
                format.extend([1u16, 1].map(u16::to_le_bytes).concat());
                format.extend([rate, rate * 2].map(u32::to_le_bytes).concat());
                format.extend([2u16, 16].map(u16::to_le_bytes).concat());
                riff(&[(b"fmt ", format), (b"data", bytes(rate * 2, 0))])
            }
            Gsm => GSM.repeat(frames as usize),
            WavGsm => {
                let blocks = frames / 2;
                let mut format = Vec::new();
                format.extend([49u16, 1].map(u16::to_le_bytes).concat());
                format.extend([8000u32, 1625].map(u32::to_le_bytes).concat());
                format.extend([65u16, 0, 2, 320].map(u16::to_le_bytes).concat());
                let samples = (blocks * 320).to_le_bytes().to_vec();
                riff(&[(b"fmt ", format), (b"fact", samples), (b"data", vec![0; blocks as usize * 65])])
            }
            Sun => {
                let sound = bytes(8000, 0xff);
                let head = [0x2e73_6e64, 24, sound.len() as u32, 1, 8000, 1].map(u32::to_be_bytes).concat();
                [head, sound].concat()
            }
        }
    }
}

/// A file of chunks.
fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut body = b"WAVE".to_vec();
    for (name, content) in chunks {
        body.extend_from_slice(*name);
        body.extend((content.len() as u32).to_le_bytes());
        body.extend(content);
    }
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

/// A recording that can be played and fetched.
#[derive(Clone, Debug)]
pub struct Stored {
    pub format: Format,
    pub seconds: f64,
}

impl Stored {
    pub fn new(format: Format) -> Stored {
        Stored { format, seconds: 0.0 }
    }

    /// The recording as ARI shows it.
    pub fn json(&self, name: &str) -> Value {
        json!({ "name": name, "format": self.format.extension })
    }

    pub fn file(&self) -> Vec<u8> {
        self.format.file(self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(name: &str, seconds: f64) -> usize {
        Format::named(name).unwrap().file(seconds).len()
    }

    #[test]
    fn files_are_as_long_as_the_real_ones() {
        assert_eq!(size("wav", 1.4), 44 + 22_400);
        assert_eq!(size("WAV", 0.0), 60);
        assert_eq!(size("ulaw", 0.02), 160);
        assert_eq!(size("gsm", 0.02), 33);
        assert_eq!(size("sln16", 0.02), 640);
        assert_eq!(size("wav16", 0.02), 684);
        assert_eq!(size("au", 1.0), 24 + 8000);
        assert_eq!(size("wav", 1e9), 44 + 57_600_000);
    }

    #[test]
    fn a_wav_file_says_what_is_in_it() {
        let file = Format::named("wav").unwrap().file(1.4);
        assert_eq!(&file[..8], b"RIFF\xa4\x57\0\0");
        assert_eq!(&file[8..36], b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0");
        assert_eq!(&file[36..44], b"data\x80\x57\0\0");
    }
}
