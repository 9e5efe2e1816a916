using System.Reflection;
using System.Text;

namespace LiveHub.Tests.Infrastructure;

/// <summary>A package's public surface as a reviewed text.</summary>
internal static class PublicSurface
{
    /// <param name="package">The package's assembly.</param>
    /// <param name="file">Where the reviewed text is, from the repository's root.</param>
    public static void MustBeReviewed(Assembly package, string file)
    {
        var path = Path.Combine(PostgresServer.Root(), file);
        var reviewed = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        var actual = Describe(package);
        if (reviewed == actual)
        {
            return;
        }

        var before = reviewed.Split('\n');
        var after = actual.Split('\n');
        Assert.Fail($"""
            The public surface of {package.GetName().Name} has changed:
            {string.Join('\n', before.Except(after).Select(l => $"- {l.Trim()}").Concat(after.Except(before).Select(l => $"+ {l.Trim()}")))}
            If that is meant: is each new member needed by a user, documented, and named as in docs? Does a removed one break somebody (CHANGELOG)? Then
            write {file} anew: set LIVEHUB_WRITE_PUBLIC_API=1 and run this test again.
            """ + Write(path, actual));
    }

    public static IEnumerable<MethodInfo> MethodsOf(Assembly package)
        => package.GetExportedTypes().SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly));

    private static string Write(string file, string text)
    {
        if (Environment.GetEnvironmentVariable("LIVEHUB_WRITE_PUBLIC_API") is null)
        {
            return "";
        }

        File.WriteAllText(file, text);
        return " It is written; run the tests again.";
    }

    private static string Describe(Assembly package)
    {
        var text = new StringBuilder();
        foreach (var type in package.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(null, $"{Kind(type)} {type.Namespace}.{Name(type)}{Constraints(type.GetGenericArguments())}\n");
            const BindingFlags own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
            foreach (var line in type.GetMembers(own).Select(Member).OfType<string>().Order(StringComparer.Ordinal))
            {
                text.Append(null, $"  {line}\n");
            }
        }

        return text.ToString();
    }

    private static string Kind(Type type) => type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsValueType ? "struct" : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsSealed ? "sealed class" : "class";

    private static string? Member(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"new({Parameters(constructor)})",
        PropertyInfo property => $"{Name(property.PropertyType)} {property.Name} {{ {(property.GetMethod?.IsPublic is true ? "get; " : "")}{(property.SetMethod?.IsPublic is true ? "set; " : "")}}}",
        MethodInfo { IsSpecialName: false } method => $"{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}{Generic(method.GetGenericArguments())}({Parameters(method)}){Constraints(method.GetGenericArguments())}",
        FieldInfo { IsSpecialName: false } field => $"{Name(field.FieldType)} {field.Name}",
        EventInfo @event => $"event {Name(@event.EventHandlerType!)} {@event.Name}",
        _ => null,
    };

    private static string Parameters(MethodBase method)
        => string.Join(", ", method.GetParameters().Select(p => $"{(p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")}{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? $" = {p.DefaultValue ?? "null"}" : "")}"));

    private static string Name(Type type)
        => type.IsArray ? Name(type.GetElementType()!) + "[]"
        : Nullable.GetUnderlyingType(type) is { } value ? Name(value) + "?"
        : type.IsGenericType ? type.Name.Split('`')[0] + Generic(type.GetGenericArguments())
        : type.Name;

    private static string Generic(Type[] arguments) => arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(Name))}>";

    private static string Constraints(Type[] arguments)
        => string.Concat(arguments.Where(a => a.IsGenericParameter).Select(a => (a, All: a.GetGenericParameterConstraints().Select(Name)
                .Concat(a.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? ["class"] : [])))
            .Where(c => c.All.Any()).Select(c => $" where {c.a.Name} : {string.Join(", ", c.All)}"));
}
