//! What a user types where xtask cannot install.

/// Commands that bring HDF5, per system.
pub const HDF5: &str = "\
help: install HDF5 1.10 or newer with its headers, then run this again:
  Debian, Ubuntu   sudo apt-get install libhdf5-dev pkg-config
  Fedora           sudo dnf install hdf5-devel pkgconf-pkg-config
  macOS            brew install hdf5 pkgconf
  cluster          module load hdf5 && export HDF5_DIR=<folder that holds include/hdf5.h and lib/>
  conda            conda install -c conda-forge hdf5 && export HDF5_DIR=$CONDA_PREFIX
or make a static build possible: a C compiler, and CMake or Python 3 with venv";

/// Commands that bring Chromium, per system.
pub const BROWSER: &str = "\
help: install Chromium, then run this again:
  Debian           sudo apt-get install chromium
  Ubuntu           sudo snap install chromium
  Fedora           sudo dnf install chromium
  macOS            brew install --cask chromium, and name its program in NATRON_CHROMIUM
  anywhere         name the program of a Chromium or Chrome in NATRON_CHROMIUM";

/// Commands that bring Python, per system.
pub const PYTHON: &str = "\
help: install Python 3.11 or newer with venv, then run this again:
  Debian, Ubuntu   sudo apt-get install python3 python3-venv
  Fedora           sudo dnf install python3
  macOS            brew install python
  cluster          module load python";
