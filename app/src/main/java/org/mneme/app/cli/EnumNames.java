package org.mneme.app.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.mneme.config.Spelling;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/// Constants of enums on the command line, called as in files of settings: `layer`, not `LAYER`,
/// which is understood, too.
final class EnumNames {
  private EnumNames() {}

  /// Gives all options and arguments of `command` and its subcommands such names, but for those
  /// that subcommands inherit: picocli lets nobody take them away.
  static void apply(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    List<ArgSpec> own =
        spec.args().stream()
            .filter(arg -> arg.scopeType() == ScopeType.LOCAL && !arg.inherited())
            .toList();
    // all of them out and in again: help lists them in this order
    own.forEach(spec::remove);
    own.stream().map(EnumNames::named).forEach(spec::add);
    command.getSubcommands().values().forEach(EnumNames::apply);
  }

  private static ArgSpec named(ArgSpec arg) {
    if (!arg.type().isEnum() || arg.converters().length > 0) {
      return arg;
    }
    Enum<?>[] constants = (Enum<?>[]) Objects.requireNonNull(arg.type().getEnumConstants());
    List<String> names = Arrays.stream(constants).map(EnumNames::name).toList();
    ITypeConverter<?> converter = typed -> constants[index(names, typed)];
    String usual = !arg.required() && arg.initialValue() instanceof Enum<?> set ? name(set) : null;
    return switch (arg) {
      case OptionSpec option ->
          option.toBuilder()
              .completionCandidates(names)
              .converters(converter)
              .defaultValue(usual)
              .build();
      case PositionalParamSpec argument ->
          argument.toBuilder()
              .completionCandidates(names)
              .converters(converter)
              .defaultValue(usual)
              .build();
      default -> arg;
    };
  }

  private static int index(List<String> names, String typed) {
    int index = names.indexOf(typed.toLowerCase(Locale.ROOT).replace('_', '-'));
    if (index < 0) {
      throw new TypeConversionException(Spelling.none(typed, names));
    }
    return index;
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
