//! A plan as a file: the parent writes it, and each process reads it.

use super::order::STEP;
use super::{MAX_THREADS, Plan};
use crate::platform::files::FileError;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// The magic bytes of a plan, with the number of its form.
const MAGIC: [u8; 8] = *b"MSBPLAN2";

impl Plan {
    /// Writes the plan to a file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let write = || -> io::Result<()> {
            let mut file = BufWriter::new(File::create(path)?);
            file.write_all(&MAGIC)?;
            for number in [self.places, self.threads.len()] {
                file.write_all(&(number as u64).to_le_bytes())?;
            }
            for orders in &self.threads {
                file.write_all(&(orders.len() as u64).to_le_bytes())?;
            }
            self.threads.iter().try_for_each(|orders| file.write_all(orders))?;
            file.flush()
        };
        write().map_err(|source| FileError::Write { path: path.to_owned(), source })
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// If it cannot be read, or is not a plan.
    pub(crate) fn read(mut file: impl Read) -> io::Result<Self> {
        let no_plan = || io::Error::other("it is not the plan of a replay");
        let mut number = || {
            let mut bytes = [0; 8];
            file.read_exact(&mut bytes).map(|()| bytes)
        };
        if number()? != MAGIC {
            return Err(no_plan());
        }
        let mut count = || number().map(|bytes| usize::try_from(u64::from_le_bytes(bytes)).unwrap_or(usize::MAX));
        let (places, threads) = (count()?, count()?);
        if threads > MAX_THREADS || u32::try_from(places).is_err() {
            return Err(no_plan());
        }
        let lengths = (0..threads).map(|_| count()).collect::<io::Result<Vec<_>>>()?;
        let read = |length: usize| {
            let mut orders = Vec::with_capacity(length);
            (&mut file).take(length as u64).read_to_end(&mut orders)?;
            if orders.len() == length && length.is_multiple_of(STEP) { Ok(orders) } else { Err(no_plan()) }
        };
        let threads = lengths.into_iter().map(read).collect::<io::Result<_>>()?;
        Ok(Self { places, threads })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::format::Kind;
    use crate::trace::plan::tests::{event, plan};

    #[test]
    fn a_plan_arrives_as_it_was_sent() {
        let plan = plan(&[(0, vec![event(Kind::Allocate, 0, 16, 8, 3)]), (1, vec![event(Kind::Free, 1, 16, 0, 5)])]);
        let plan = plan.expect("a plan");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("plan");
        plan.write(&path).expect("it can be written");
        assert_eq!(Plan::read(File::open(&path).expect("a file")).expect("a plan"), plan);
        let whole = std::fs::read(&path).expect("a file");
        for length in 0..whole.len() {
            assert!(Plan::read(&whole[..length]).is_err(), "{length}");
        }
    }
}
