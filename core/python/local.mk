# The Python module: no build but a note of where the library went.
PYTHON_MODULE = \
	%D%/larder/__init__.py %D%/larder/_buffer.py %D%/larder/_calls.py %D%/larder/_library.py %D%/larder/_needs.py %D%/larder/_objects.py \
	%D%/larder/_structs.py %D%/larder/aio.py %D%/larder/errors.py %D%/larder/helpers.py %D%/larder/pixels.py %D%/larder/store.py
EXTRA_DIST += $(PYTHON_MODULE) %D%/larder/py.typed
CLEANFILES += %D%/larder/_where.py
if HAVE_PYTHON
pkgpython_PYTHON = $(PYTHON_MODULE)
nodist_pkgpython_PYTHON = %D%/larder/_where.py
pkgpython_DATA = %D%/larder/py.typed
endif
%D%/larder/_where.py: Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && printf '"""Where make install put the library."""\nLIBRARY = "%s/liblarder.so.0"\n' '$(libdir)' >$@

# A wheel with the library and its modules inside: make wheel, then pip install wheel/larder-….whl.
EXTRA_DIST += %D%/make-wheel.py
.PHONY: wheel
wheel: all
	$(PYTHON3) -B $(srcdir)/core/python/make-wheel.py --version $(VERSION) --source $(srcdir) --build . --into $(WHEEL_FOLDER) \
	  --strip '$(STRIP)' --libraries $(lib_LTLIBRARIES) --modules $(module_LTLIBRARIES) --private $(private_LTLIBRARIES)
WHEEL_FOLDER = wheel
clean-local: clean-wheel
.PHONY: clean-wheel
clean-wheel:
	rm -rf wheel
