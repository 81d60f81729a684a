//! A spectrum analyser: frames of a signal are transformed with rustfft, and their strongest tones are found.

use crate::workloads::{Context, Digest, Scale, Tracker};
use rand::RngExt;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// The number of samples of a frame.
const SAMPLES: usize = 4_096;

/// The number of spectra of a spectrogram, which are kept at once.
const SPECTRA: usize = 16;

/// At scale 1, 8,000 frames of 4,096 samples. The transform is planned once, and frames share their buffers; each has
/// its own spectrum, and 16 spectra are a spectrogram.
pub(super) fn fft<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(108);
    let transform = FftPlanner::<f32>::new().plan_fft_forward(SAMPLES);
    let mut frame = vec![Complex::default(); SAMPLES];
    let mut scratch = vec![Complex::default(); transform.get_inplace_scratch_len()];
    let mut spectrogram: Vec<Vec<f32>> = Vec::new();
    for _ in 0..scale.count(8_000) {
        fill(&mut frame, [0; 3].map(|_: i32| rng.random_range(1..SAMPLES / 2)));
        transform.process_with_scratch(&mut frame, &mut scratch);
        let spectrum: Vec<f32> = frame[..SAMPLES / 2].iter().map(Complex::norm_sqr).collect();
        // The last digits differ between processors, but the place of a planted tone does not.
        let loudest = (0..spectrum.len()).max_by(|&a, &b| spectrum[a].total_cmp(&spectrum[b]));
        context.record(loudest.unwrap_or_default() as u64);
        spectrogram.push(spectrum);
        if spectrogram.len() == SPECTRA {
            context.track("spectrogram", &spectrogram);
            spectrogram.clear();
        }
    }
    context.checkpoint("the last spectra alive");
    context.digest()
}

/// Fills a frame with tones, each half as loud as the one before.
fn fill(frame: &mut [Complex<f32>], tones: [usize; 3]) {
    frame.fill(Complex::default());
    for (tone, loudness) in tones.into_iter().zip([1.0, 0.5, 0.25]) {
        let angle = std::f64::consts::TAU * tone as f64 / SAMPLES as f64;
        let step = Complex::new(angle.cos(), angle.sin());
        let mut now = Complex::new(loudness, 0.0);
        for sample in &mut *frame {
            sample.re += now.re as f32;
            now *= step;
        }
    }
}
