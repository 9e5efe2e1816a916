using System.Net;
using System.Numerics;
using System.Text;
using LiveHub.Changes;
using LiveHub.Formats;
using LiveHub.Model;
using LiveHub.Tests.Model;
using Entity = LiveHub.Model.Entity;

namespace LiveHub.Tests.Formats;

/// <summary>Rows with any values in every column, odd ones often.</summary>
internal sealed class RandomRows(int seed)
{
    private static readonly string[] Texts = ["", "a", "ü €\u2028 \"quoted\" \\", "\ud83d\ude80", "line\nline\t\u0001\0", "null", new('x', 5_000)];
    private static readonly string[] Jsons = ["null", "{\"b\":1,  \"aa\":[1.50, null]}", "[]", "\"ü\""];
    private static readonly string[] Numbers = ["", "A-1", "ü"];

    private readonly Random _random = new(seed);

    public Row Next(Entity entity) => new([.. entity.Columns.Select(Next)]);

    /// <summary>The same row, written to.</summary>
    public Row Next(Entity entity, Row before)
        => new([.. entity.Columns.Select((c, i) => c.IsKey || _random.Next(2) == 0 ? before[i] : Next(c))]);

    public Changeset Changeset(IReadOnlyList<Entity> entities)
    {
        var changes = new List<Change>();
        for (var left = _random.Next(1, 5); left > 0; left--)
        {
            var entity = entities[_random.Next(entities.Count)];
            var row = Next(entity);
            var (before, after) = _random.Next(3) switch { 0 => (null, row), 1 => (row, null), _ => (row, Next(entity, row)) };
            if (Change.Between(entity, _random.NextInt64(1, 1L << 53), before, after) is { } change)
            {
                changes.Add(change);
            }
        }

        TransactionId? transaction = _random.Next(2) == 0 ? null : new((ulong)_random.NextInt64(long.MinValue, long.MaxValue));
        var trace = _random.Next(2) == 0 ? null : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        return LiveHub.Changes.Changeset.Of(new(new Guid(Bytes(16))), transaction, [.. changes], [.. Invalidations(entities)], trace);
    }

    public object? Next(Column column)
    {
        if (!column.IsCaptured)
        {
            return null;
        }

        if (column.Member is not null || ValueCodecs.Find(column.Property) is JsonCodec)
        {
            return _random.Next(4) == 0 ? null : new JsonText(Jsons[_random.Next(Jsons.Length)]);
        }

        var type = column.Property.ClrType;
        var bare = Nullable.GetUnderlyingType(type);
        var mayBeNull = !column.IsKey && (bare is not null || !type.IsValueType);
        return mayBeNull && _random.Next(4) == 0 ? null
            : column.Property.GetElementType() is { } element ? List(type, element.ClrType)
            : Value(bare ?? type, column.PropertyName);
    }

    private object List(Type type, Type element)
    {
        var bare = Nullable.GetUnderlyingType(element) ?? element;
        var items = new object?[_random.Next(4)];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = (bare != element || !element.IsValueType) && _random.Next(3) == 0 ? null : Value(bare, "");
        }

        if (!type.IsArray)
        {
            return items;
        }

        var array = Array.CreateInstance(element, items.Length);
        items.CopyTo(array, 0);
        return array;
    }

    private IEnumerable<Invalidation> Invalidations(IReadOnlyList<Entity> entities)
    {
        for (var left = _random.Next(3); left > 0; left--)
        {
            var entity = entities[_random.Next(entities.Count)];
            yield return _random.Next(3) switch
            {
                0 => Invalidation.Of(entity),
                1 => Invalidation.Of(entity, [.. Enumerable.Range(0, _random.Next(12)).Select(_ => Next(entity).Select(entity.KeyOrdinals))]),
                _ => new(entity, [Term(entity), Term(entity)]),
            };
        }
    }

    private Term Term(Entity entity)
    {
        var column = _random.GetItems([.. entity.Columns.Where(c => c.IsCaptured)], 1)[0];
        return new([column], Enumerable.Range(0, _random.Next(12)).Select(_ => new KeyValues([Next(column)])));
    }

    private object Value(Type type, string name) => Type.GetTypeCode(type) switch
    {
        _ when type.IsEnum => Enum(type, name),
        TypeCode.Boolean => _random.Next(2) == 0,
        TypeCode.Byte => (byte)Number(),
        TypeCode.SByte => (sbyte)Number(),
        TypeCode.Int16 => (short)Number(),
        TypeCode.UInt16 => (ushort)Number(),
        TypeCode.Int32 => (int)Number(),
        TypeCode.UInt32 => (uint)Number(),
        TypeCode.Int64 => Number(),
        TypeCode.UInt64 => (ulong)Number(),
        TypeCode.Char => (char)Number(),
        TypeCode.Single => BitConverter.Int32BitsToSingle((int)Number()),
        TypeCode.Double => BitConverter.Int64BitsToDouble(Number()),
        TypeCode.Decimal => Pick(0m, -0.0m, 1.50m, 1.500m, decimal.MaxValue, decimal.MinValue, new((int)Number(), (int)Number(), (int)Number(), true, 28), (decimal)Number()),
        TypeCode.String => Texts[_random.Next(Texts.Length)],
        TypeCode.DateTime => Pick(DateTime.MinValue, DateTime.MaxValue, DateTime.UnixEpoch, new DateTime(Ticks(), (DateTimeKind)_random.Next(3))),
        _ when type == typeof(DateTimeOffset) => Pick(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, new DateTimeOffset(Ticks(), TimeSpan.FromMinutes(_random.Next(-840, 841)))),
        _ when type == typeof(DateOnly) => Pick(DateOnly.MinValue, DateOnly.MaxValue, DateOnly.FromDateTime(new(Ticks()))),
        _ when type == typeof(TimeOnly) => Pick(TimeOnly.MinValue, TimeOnly.MaxValue, new TimeOnly(Ticks() % TimeSpan.TicksPerDay)),
        _ when type == typeof(TimeSpan) => new TimeSpan(Number()),
        _ when type == typeof(Guid) => Pick(Guid.Empty, new Guid(Bytes(16))),
        _ when type == typeof(byte[]) => Bytes(_random.Next(3) * 100),
        _ when type == typeof(AuthorId) => new AuthorId(Number()),
        _ when type == typeof(Ticket) => new Ticket(name == "Ticket" && _random.Next(4) == 0 ? null! : Numbers[_random.Next(Numbers.Length)]),
        _ when type == typeof(IPAddress) => Pick(IPAddress.Loopback, IPAddress.IPv6Any),
        _ when type == typeof(BigInteger) => new BigInteger(Number()) * long.MaxValue,
        _ when type == typeof(Uri) => new Uri("https://example.org/ü"),
        _ => throw new ArgumentException($"{type} has no values here.", nameof(type)),
    };

    /// <summary>With names that are none, where the database takes numbers.</summary>
    private object Enum(Type type, string name)
        => type == typeof(Mood) || name == "" ? _random.GetItems(System.Enum.GetValuesAsUnderlyingType(type).Cast<object>().Select(v => System.Enum.ToObject(type, v)).ToArray(), 1)[0]
            : System.Enum.ToObject(type, _random.Next(3) == 0 ? Number() : _random.Next(5));

    private long Number() => Pick(0, 1, -1, 127, 128, long.MaxValue, long.MinValue, _random.NextInt64(long.MinValue, long.MaxValue), _random.Next(100_000));

    private long Ticks() => _random.NextInt64(DateTime.UnixEpoch.Ticks, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay);

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];
}
