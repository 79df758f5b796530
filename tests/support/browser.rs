//! A browser that opens a page and says what it sees.
//!
//! `cargo xtask test` installs Chromium and sets `NATRON_CHROMIUM`; without it one on the path will do. Where there is none, a test that needs one
//! says so and passes, except where `NATRON_REQUIRE_ORACLES=1` promises that it is there.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Names under which systems have it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// A page that was not shown by then never will be.
const PATIENCE: Duration = Duration::from_secs(180);

/// Light or dark, as the reader's system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

/// Chromium without a window.
#[derive(Debug)]
pub struct Browser {
    program: OsString,
}

impl Browser {
    /// The browser, or `None`, with a word to the reader, where it may be missing.
    ///
    /// # Panics
    /// Where it is missing and must not be.
    pub fn find() -> Option<Self> {
        let named = std::env::var_os("NATRON_CHROMIUM");
        let on_path = || NAMES.into_iter().map(OsString::from).find(starts);
        let required = std::env::var_os("NATRON_REQUIRE_ORACLES").is_some_and(|value| value == "1");
        let program = named.or_else(on_path);
        assert!(program.is_some() || !required, "NATRON_REQUIRE_ORACLES is 1 but there is no Chromium");
        if program.is_none() {
            eprintln!("skipped: needs Chromium, which cargo xtask setup --oracles installs");
        }
        program.map(|program| Self { program })
    }

    /// What `tests/support/measure.js` finds on a page at each of `widths` (pixels), one entry for each.
    ///
    /// # Panics
    /// If the browser does not answer.
    pub fn look_at(&self, html: &str, widths: &[u32], scheme: Scheme) -> Vec<Value> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let page = folder.path().join("page.html");
        std::fs::write(&page, harness(html, widths)).expect("writes");
        let dom = self.dom(&page, folder.path(), scheme);
        let start = dom.find("<pre id=\"found\">").expect("the page holds a place for what is found") + 16;
        let end = start + dom[start..].find("</pre>").expect("it ends");
        let text = dom[start..end].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("not JSON ({error}): {text}"))
    }

    /// The page as it is when its scripts have run.
    fn dom(&self, page: &Path, folder: &Path, scheme: Scheme) -> String {
        let mut command = Command::new(&self.program);
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ]);
        command.args(["--no-first-run", "--virtual-time-budget=20000", "--window-size=1400,1000"]);
        if scheme == Scheme::Dark {
            command.arg("--blink-settings=preferredColorScheme=0");
        }
        command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
        // Into a file: a pipe would be full before a large page is out.
        let path = folder.join("dom.html");
        let out = std::fs::File::create(&path).expect("creates");
        command.arg("--dump-dom").arg(format!("file://{}", page.display()));
        let mut child =
            command.stdout(out).stderr(Stdio::null()).stdin(Stdio::null()).spawn().expect("Chromium starts");
        let begin = Instant::now();
        while child.try_wait().expect("its state is known").is_none() {
            if begin.elapsed() > PATIENCE {
                child.kill().expect("it can be killed");
                panic!("Chromium shows nothing for {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        std::fs::read_to_string(path).expect("reads")
    }
}

fn starts(program: &OsString) -> bool {
    let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

/// A page with the page in frames: a window of Chromium is never narrower than about 500 pixels, a frame is.
fn harness(html: &str, widths: &[u32]) -> String {
    let source = html.replace('&', "&amp;").replace('"', "&quot;");
    let frame = |width: &u32| {
        format!("<iframe style=\"border:0;width:{width}px;height:800px\" srcdoc=\"{source}\"></iframe>\n")
    };
    let frames: String = widths.iter().map(frame).collect();
    let script = include_str!("measure.js");
    format!(
        "<!doctype html><meta charset=\"utf-8\"><body>{frames}<pre id=\"found\"></pre><script>{script}</script>"
    )
}

#[test]
fn a_page_that_overflows_is_seen() {
    let Some(browser) = Browser::find() else { return };
    let page = |inside: &str| {
        format!("<!doctype html><style>body {{ margin: 0 }} figure {{ margin: 0 }}</style><body>{inside}")
    };
    let count = |inside: &str, key: &str| {
        let found = browser.look_at(&page(inside), &[375], Scheme::Light);
        assert_eq!((found.len(), &found[0]["width"]), (1, &375.into()), "{found:?}");
        found[0][key].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count("<div style='width:500px'>wide</div>", "wide"), 1);
    assert_eq!(count("<div style='overflow-x:auto'><div style='width:500px'>wide</div></div>", "wide"), 0);
    let svg = |inside: &str| format!("<figure><svg width='100' height='50'>{inside}</svg></figure>");
    assert_eq!(count(&svg("<text x='80' y='20'>clipped text</text>"), "clipped"), 1);
    assert_eq!(count(&svg("<text x='0' y='20'>one</text><text x='5' y='22'>two</text>"), "overlaps"), 1);
    assert_eq!(count(&svg("<text x='0' y='20'>one</text><text x='50' y='20'>two</text>"), "overlaps"), 0);
    assert_eq!(count("<p style='color:#ccc;background:#fff'>faint</p>", "faint"), 1);
    let drawn = |inside: &str| {
        let found = browser.look_at(&page(&svg(inside)), &[375], Scheme::Dark);
        assert_eq!(found[0]["dark"], true);
        found[0]["figures"][0]["marks"].clone()
    };
    assert_eq!(drawn("<g class='series'><path d=''/></g>"), 0);
    assert_eq!(drawn("<g class='series'><path d='M0 0L9 9' stroke='red'/></g>"), 1);
}
