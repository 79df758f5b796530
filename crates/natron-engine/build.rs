//! Tells the crate whether the built-in potential has been trained yet.

fn main() {
    let file = "../../potentials/nac/potential.safetensors";
    println!("cargo::rustc-check-cfg=cfg(nac_is_trained)");
    println!("cargo::rerun-if-changed={file}");
    if std::path::Path::new(file).exists() {
        println!("cargo::rustc-cfg=nac_is_trained");
    }
}
