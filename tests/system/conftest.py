# SPDX-License-Identifier: Apache-2.0
import signal

# Whoever runs the suite in the background (nohup, a shell's &) has SIGINT
# ignored, and every program started from here would inherit that: Ctrl-C could
# not be tried. A signal with a handler goes back to its default at exec.
signal.signal(signal.SIGINT, signal.default_int_handler)
