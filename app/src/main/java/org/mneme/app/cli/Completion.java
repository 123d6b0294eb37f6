package org.mneme.app.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Prints a script that teaches the shell Mneme's commands and options.
@Command(
    name = "completion",
    description = "Print a completion script for the shell.",
    footer = {
      "",
      "For this session:",
      "  source <(mneme completion bash)",
      "For every session:",
      "  mneme completion bash > ~/.local/share/bash-completion/completions/mneme"
    })
final class Completion implements Runnable {
  /// The shells that the script is for; it is the same for both.
  enum Shell {
    BASH,
    ZSH
  }

  private final Console console;

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}", arity = "1")
  private Shell shell = Shell.BASH;

  Completion(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    // picocli's script runs in both: in zsh it starts bashcompinit itself
    var _ = shell;
    console.result(AutoComplete.bash("mneme", Main.commandLine(console)));
  }
}
