/// The command line: [org.mneme.app.cli.Main] and one class for each subcommand.
///
/// A new subcommand is a class annotated with picocli's `@Command`, with a constructor that takes
/// the [org.mneme.app.cli.Console], listed in `Main`'s `subcommands`. It prints results through the
/// console, throws what goes wrong, and returns an exit code only where that is not 0.
@NullMarked
package org.mneme.app.cli;

import org.jspecify.annotations.NullMarked;
