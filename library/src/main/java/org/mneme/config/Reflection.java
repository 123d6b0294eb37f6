package org.mneme.config;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mneme.config.Form.Choice;
import org.mneme.config.Form.Flag;
import org.mneme.config.Form.Group;
import org.mneme.config.Form.Many;
import org.mneme.config.Form.Named;
import org.mneme.config.Form.Real;
import org.mneme.config.Form.Setting;
import org.mneme.config.Form.Text;
import org.mneme.config.Form.Union;
import org.mneme.config.Form.Whole;

/// Forms of classes, and calls to them.
final class Reflection {
  private static final String CONFIG = "Config";

  private Reflection() {}

  /// The form of a configuration record.
  static Group group(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    List<Setting> keys = Arrays.stream(components).map(Reflection::key).toList();
    try {
      Constructor<?> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return new Group(type, keys, constructor, usual(type), shorthand(type));
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Setting key(RecordComponent component) {
    Described described = component.getAnnotation(Described.class);
    Method accessor = component.getAccessor();
    accessor.setAccessible(true);
    return new Setting(
        described == null || described.key().isEmpty() ? component.getName() : described.key(),
        form(component.getAnnotatedType()),
        isNullable(component.getAnnotatedType()) || isNullable(component),
        described == null ? "" : described.value(),
        described == null ? "" : described.usual(),
        accessor);
  }

  private static boolean isNullable(AnnotatedElement element) {
    return element.isAnnotationPresent(Nullable.class);
  }

  private static Form form(AnnotatedType annotated) {
    if (annotated instanceof AnnotatedParameterizedType generic) {
      AnnotatedType element =
          generic
              .getAnnotatedActualTypeArguments()[
              generic.getAnnotatedActualTypeArguments().length - 1];
      Class<?> raw = (Class<?>) ((ParameterizedType) generic.getType()).getRawType();
      return raw == Map.class ? new Named(form(element)) : new Many(form(element));
    }
    return form((Class<?>) annotated.getType());
  }

  private static Form form(Class<?> type) {
    if (type == String.class) {
      return new Text();
    } else if (type == int.class || type == Integer.class) {
      return new Whole(Integer.MIN_VALUE, Integer.MAX_VALUE);
    } else if (type == long.class || type == Long.class) {
      return new Whole(Long.MIN_VALUE, Long.MAX_VALUE);
    } else if (type == double.class || type == Double.class) {
      return new Real();
    } else if (type == boolean.class || type == Boolean.class) {
      return new Flag();
    } else if (type.isEnum()) {
      Map<String, Enum<?>> constants = new LinkedHashMap<>();
      for (Object constant : type.getEnumConstants()) {
        constants.put(name((Enum<?>) constant), (Enum<?>) constant);
      }
      return new Choice(constants);
    } else if (type.isRecord()) {
      return group(type);
    } else if (type.isSealed() && type.isInterface()) {
      return union(type);
    }
    throw new IllegalStateException(type + " is no type of a setting");
  }

  private static Union union(Class<?> type) {
    Map<String, Group> variants = new LinkedHashMap<>();
    records(type).forEach(record -> variants.put(variant(record, type), group(record)));
    return new Union(variants);
  }

  private static Stream<Class<?>> records(Class<?> type) {
    return type.isRecord()
        ? Stream.of(type)
        : Arrays.stream(type.getPermittedSubclasses()).flatMap(Reflection::records);
  }

  /// `LinearSchedule` of a `Schedule` is `linear`, and so is a plain `Linear`; `Config` at the end
  /// of either counts for nothing.
  private static String variant(Class<?> record, Class<?> union) {
    String name = without(record.getSimpleName(), CONFIG);
    return kebab(without(name, without(union.getSimpleName(), CONFIG)));
  }

  private static String without(String name, String end) {
    return name.endsWith(end) && name.length() > end.length()
        ? name.substring(0, name.length() - end.length())
        : name;
  }

  private static String kebab(String name) {
    return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
  }

  /// The name of an enum's constant in files.
  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static @Nullable Object usual(Class<?> type) {
    try {
      Field field = type.getDeclaredField("DEFAULT");
      field.setAccessible(true);
      return field.get(null);
    } catch (NoSuchFieldException e) {
      return null;
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private static @Nullable Method shorthand(Class<?> type) {
    try {
      Method method = type.getDeclaredMethod("of", String.class);
      method.setAccessible(true);
      return method.getReturnType() == type ? method : null;
    } catch (NoSuchMethodException e) {
      return null;
    }
  }

  /// What `method` returns; its exceptions pass.
  static @Nullable Object call(Method method, @Nullable Object target, Object... arguments) {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw passed(e);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A new record; the exceptions of its constructor pass.
  static Object make(Constructor<?> constructor, @Nullable Object[] arguments) {
    try {
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw passed(e);
    } catch (InstantiationException | IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RuntimeException passed(InvocationTargetException e) {
    return e.getCause() instanceof RuntimeException cause
        ? cause
        : new IllegalStateException(e.getCause());
  }
}
