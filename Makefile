# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

# Every target sets up .venv if it needs it; `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help train test lint bench gazebo changelog clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet

# A sourced ROS installation provides rclpy and the messages; otherwise they are installed as wheels. The two kinds of
# environment are not compatible, so the name of the stamp file contains the kind.
ROS := $(if $(ROS_DISTRO),$(shell $(PYTHON) -c 'import rclpy' 2>/dev/null && echo $(ROS_DISTRO)))
ifeq ($(ROS),)
  EXTRAS := ros,local,test,dev
  # PYTHONPATH may point to packages of another Python.
  unexport PYTHONPATH
else
  EXTRAS := local,test,dev
  VENV_OPTIONS := --system-site-packages
  # The message classes of the ROS installation are compiled for its major version of numpy.
  CONSTRAINT := $(VENV)/constraint.txt
endif
READY := $(VENV)/.ready-$(or $(ROS),wheels)
BENCH_READY := $(READY)-bench

# An upgrade of the system's Python can break the link to it in the environment.
ifeq ($(realpath $(BIN)/python),)
  $(shell rm -f $(READY))
endif

help: ## list the targets
	@echo 'make TARGET [ARGS="more arguments for the command"]'
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

train: $(READY) ## train and evaluate a policy: TRACK=name or route.npy (a,b for several) SEED=1 JOBS=1
	$(BIN)/deepracer train $(if $(TRACK),--track '$(TRACK)') $(if $(SEED),--seed '$(SEED)') $(if $(JOBS),--jobs '$(JOBS)') $(ARGS)

test: $(READY) ## run the tests in parallel; ARGS="test/race -k progress" selects some, ARGS="-n 0" is one process
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(READY) ## check style, types, layers and spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

bench: $(BENCH_READY) ## measure speed, also of stable-baselines3; writes runs/bench.json
	$(BIN)/python -m benchmarks $(ARGS)

gazebo: $(READY) ## prepare a private Gazebo for --simulator gazebo
	$(BIN)/deepracer gazebo prepare $(ARGS)

changelog: ## make CHANGELOG.rst of CHANGELOG.md, which is the one to edit
	$(PYTHON) .ci/changelog.py

clean: ## remove the files made by make and colcon, except runs/
	rm -rf $(VENV) build install log *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp file is touched last. If it is missing, .venv is incomplete or for another ROS, and is created again.
$(READY): setup.py pyproject.toml package.xml
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null || \
	  { echo "make: needs Python 3.10 to 3.13 with venv ($(PYTHON) is $$($(PYTHON) -V 2>&1)): apt-get install python3-venv" >&2; exit 1; }
	@echo 'make: setting up $(VENV) once; this takes a few minutes if PyTorch is downloaded' >&2
	@[ -e $@ ] || $(PYTHON) -m venv --clear $(VENV_OPTIONS) $(VENV)
	@rm -f $@ $(BENCH_READY)
	@$(if $(CONSTRAINT),$(PYTHON) -c 'import numpy; print("numpy<%d" % (int(numpy.__version__.split(".")[0]) + 1))' > $(CONSTRAINT))
	@$(PIP) $(if $(CONSTRAINT),-c $(CONSTRAINT)) -e '.[$(EXTRAS)]'
	@touch $@

$(BENCH_READY): $(READY)
	@$(PIP) $(if $(CONSTRAINT),-c $(CONSTRAINT)) -e '.[$(EXTRAS),bench]'
	@touch $@
