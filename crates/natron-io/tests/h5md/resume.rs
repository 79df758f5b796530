//! Going on with a trajectory is as if it had never stopped.

use natron_io::h5md::{Options, Precision, Reader, Writer};

use super::SMALL;

#[test]
fn a_closed_file_is_cut_and_continued() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    for (written, kept) in [(500, 500), (500, 499), (500, 3), (500, 0), (0, 0)] {
        SMALL.write(&path, &Options::default(), written);
        let mut writer = Writer::resume(&path, kept).expect("resumed");
        assert_eq!(writer.frames(), kept);
        for index in kept..kept + 700 {
            SMALL.append(&mut writer, index);
            if index % 90 == 0 {
                writer.flush().expect("flushed");
            }
        }
        writer.close().expect("closed");
        SMALL.check(&path, kept + 700);
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("listed").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_a_file_holds_stays_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    let options = Options {
        precision: Precision::F32,
        velocities: false,
        forces: false,
        groups: Vec::new(),
        author: "a name".into(),
        ensembles: vec!["production: nve".into(), "cool: nvt-rescale, temperature_K = 600 to 300".into()],
    };
    SMALL.write(&path, &options, 10);
    Writer::resume(&path, 5).expect("resumed").close().expect("closed");
    let reader = Reader::open(&path).expect("opened");
    assert_eq!(reader.len(), 5);
    assert!(!reader.has_velocities());
    assert_eq!(reader.ensembles(), options.ensembles);
    // Of a writer that was killed: the copy of a file that is still open.
    let (open, killed) = (folder.path().join("open.h5"), folder.path().join("killed.h5"));
    let mut writer = Writer::create(&open, &SMALL.structure(), &options).expect("created");
    writer.flush().expect("flushed");
    std::fs::copy(&open, &killed).expect("copied");
    Writer::resume(&killed, 0).expect("resumed").close().expect("closed");
    assert_eq!(Reader::open(&killed).expect("opened").ensembles(), options.ensembles);
}

#[test]
fn a_file_with_too_few_frames_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("t.h5");
    SMALL.write(&path, &Options::default(), 10);
    let before = std::fs::read(&path).expect("read");
    let error = Writer::resume(&path, 11).expect_err("there are 10");
    assert!(error.to_string().contains("10 frames"), "{error}");
    assert_eq!(std::fs::read(&path).expect("read"), before);
}
