using LiveHub;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace ValuesServer;

/// <summary>A row whose key is of a type.</summary>
public class Keyed<T>
{
    public T Id { get; set; } = default!;

    public string? Name { get; set; }
}

/// <summary>A row whose key is a number and a value of a type.</summary>
public class Paired<T>
{
    public int Part { get; set; }

    public T Id { get; set; } = default!;

    public string? Name { get; set; }
}

/// <summary>A time without offset: the same CLR type as one in UTC, in another column.</summary>
public sealed class LocalKeyed : Keyed<DateTime>;

public sealed class LocalPaired : Paired<DateTime>;

/// <summary>A number that is stored with four digits after the point.</summary>
public sealed class ScaledKeyed : Keyed<decimal>;

public sealed class ScaledPaired : Paired<decimal>;

/// <summary>The entities whose keys are of one type.</summary>
/// <param name="Name">Exposed are <c>NameKeyed</c> and <c>NamePaired</c>.</param>
/// <param name="Single">The entity with that key alone.</param>
/// <param name="Composite">The entity with that key and another.</param>
/// <param name="Build">Adds both to the model.</param>
/// <param name="Expose">Exposes both.</param>
public sealed record KeyType(string Name, Type Single, Type Composite, Action<ModelBuilder> Build, Action<LiveHubBuilder<ValuesDb>> Expose);

/// <summary>Every type that a key may have.</summary>
public static class Keys
{
    public static IReadOnlyList<KeyType> All { get; } =
    [
        Of<bool>("Bool"), Of<byte>("Byte"), Of<sbyte>("Sbyte"), Of<short>("Short"), Of<ushort>("Ushort"), Of<int>("Int"), Of<uint>("Uint"), Of<long>("Long"),
        Of<ulong>("Ulong"), Of<float>("Float"), Of<double>("Double"), Of<decimal>("Decimal"), Of<ScaledKeyed, ScaledPaired>("Scaled", id => id.HasColumnType("numeric(18,4)")), Of<string>("String"), Of<char>("Char"), Of<Guid>("Guid"),
        Of<DateTimeOffset>("DateTimeOffset"), Of<DateTime>("DateTime"), Of<LocalKeyed, LocalPaired>("LocalTime", id => id.HasColumnType("timestamp without time zone")),
        Of<DateOnly>("DateOnly"), Of<TimeOnly>("TimeOnly"), Of<TimeSpan>("TimeSpan"), Of<byte[]>("Bytes"), Of<Colour>("Enum"), Of<Days>("Flags"), Of<Rights>("WideEnum"),
        Of<Keyed<Shade>, Paired<Shade>>("EnumAsText", id => id.HasConversion<string>()), Of<Keyed<Rank>, Paired<Rank>>("EnumAsNumber", id => id.HasConversion<int>()),
        Of<OrderId>("Converted"),
    ];

    /// <summary>The CLR type of an entity as it is exposed.</summary>
    public static Type TypeOf(string entity)
        => entity == nameof(Sample) ? typeof(Sample)
        : All.SelectMany(k => new[] { (Name: k.Name + "Keyed", Type: k.Single), (Name: k.Name + "Paired", Type: k.Composite) }).Single(k => k.Name == entity).Type;

    private static KeyType Of<T>(string name) => Of<Keyed<T>, Paired<T>>(name, _ => { });

    private static KeyType Of<TSingle, TComposite>(string name, Action<PropertyBuilder> configure)
        where TSingle : class
        where TComposite : class
        => new(name, typeof(TSingle), typeof(TComposite),
            model =>
            {
                Build<TSingle>(model.Entity<TSingle>(), name + "Keyed", configure, "Id");
                Build<TComposite>(model.Entity<TComposite>(), name + "Paired", configure, "Part", "Id");
            },
            live => live.Expose<TSingle>(name: name + "Keyed").Expose<TComposite>(name: name + "Paired"));

    private static void Build<T>(EntityTypeBuilder<T> entity, string table, Action<PropertyBuilder> configure, params string[] key)
        where T : class
    {
        entity.ToTable(table).HasBaseType((Type?)null).HasKey(key);
        foreach (var part in key)
        {
            entity.Property(part).ValueGeneratedNever();
        }

        configure(entity.Property("Id"));
    }
}
