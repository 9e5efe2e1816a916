using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ValuesServer;

/// <summary>A column of every type, and one of each that may be null. Tests fill in the column that they are about.</summary>
public sealed class Sample
{
    public int Id { get; set; }

    /// <summary>Whose row it is: each test has a number of its own.</summary>
    public int Batch { get; set; }

    public bool Bool { get; set; }

    public bool? MaybeBool { get; set; }

    public byte Byte { get; set; }

    public byte? MaybeByte { get; set; }

    public sbyte Sbyte { get; set; }

    public sbyte? MaybeSbyte { get; set; }

    public short Short { get; set; }

    public short? MaybeShort { get; set; }

    public ushort Ushort { get; set; }

    public ushort? MaybeUshort { get; set; }

    public int Int { get; set; }

    public int? MaybeInt { get; set; }

    public uint Uint { get; set; }

    public uint? MaybeUint { get; set; }

    public long Long { get; set; }

    public long? MaybeLong { get; set; }

    public ulong Ulong { get; set; }

    public ulong? MaybeUlong { get; set; }

    public float Float { get; set; }

    public float? MaybeFloat { get; set; }

    public double Double { get; set; }

    public double? MaybeDouble { get; set; }

    public decimal Decimal { get; set; }

    public decimal? MaybeDecimal { get; set; }

    /// <summary>Stored with four digits after the point.</summary>
    [Column(TypeName = "numeric(18,4)")]
    public decimal Scaled { get; set; }

    [Column(TypeName = "numeric(18,4)")]
    public decimal? MaybeScaled { get; set; }

    public string String { get; set; } = "";

    public string? MaybeString { get; set; }

    /// <summary>Stored with blanks at its end.</summary>
    [Column(TypeName = "character(5)")]
    public string Padded { get; set; } = "";

    [Column(TypeName = "character(5)")]
    public string? MaybePadded { get; set; }

    public char Char { get; set; } = '-';

    public char? MaybeChar { get; set; }

    public Guid Guid { get; set; }

    public Guid? MaybeGuid { get; set; }

    public DateTimeOffset DateTimeOffset { get; set; }

    public DateTimeOffset? MaybeDateTimeOffset { get; set; }

    public DateTime DateTime { get; set; } = DateTime.UnixEpoch;

    public DateTime? MaybeDateTime { get; set; }

    [Column(TypeName = "timestamp without time zone")]
    public DateTime LocalTime { get; set; }

    [Column(TypeName = "timestamp without time zone")]
    public DateTime? MaybeLocalTime { get; set; }

    public DateOnly DateOnly { get; set; }

    public DateOnly? MaybeDateOnly { get; set; }

    public TimeOnly TimeOnly { get; set; }

    public TimeOnly? MaybeTimeOnly { get; set; }

    public TimeSpan TimeSpan { get; set; }

    public TimeSpan? MaybeTimeSpan { get; set; }

    public byte[] Bytes { get; set; } = [];

    public byte[]? MaybeBytes { get; set; }

    public Colour Enum { get; set; }

    public Colour? MaybeEnum { get; set; }

    public Days Flags { get; set; }

    public Days? MaybeFlags { get; set; }

    public Rights WideEnum { get; set; }

    public Rights? MaybeWideEnum { get; set; }

    /// <summary>Stored as its name.</summary>
    public Shade EnumAsText { get; set; }

    public Shade? MaybeEnumAsText { get; set; }

    /// <summary>Stored, and shown, as its number.</summary>
    public Rank EnumAsNumber { get; set; }

    public Rank? MaybeEnumAsNumber { get; set; }

    /// <summary>An id of the application's own over a 64-bit integer.</summary>
    public OrderId Converted { get; set; }

    public OrderId? MaybeConverted { get; set; }

    public List<string> Strings { get; set; } = [];

    public long?[] Longs { get; set; } = [];

    public List<decimal> Decimals { get; set; } = [];

    public List<DateTimeOffset> Times { get; set; } = [];

    public List<Colour> Colours { get; set; } = [];

    public List<Guid>? MaybeGuids { get; set; }

    [Column(TypeName = "jsonb")]
    public string? Jsonb { get; set; }

    [Column(TypeName = "json")]
    public string? Json { get; set; }

    public JsonDocument? Document { get; set; }

    /// <summary>In columns of the row's own.</summary>
    public Place Owned { get; set; } = new();

    public Place? MaybeOwned { get; set; }

    public Size Complex { get; set; }

    /// <summary>In a column of JSON.</summary>
    public Place? OwnedJson { get; set; }

    public List<Place> OwnedList { get; set; } = [];
}

/// <summary>What is nested in a row looks like columns do.</summary>
public sealed class Place
{
    public string Name { get; set; } = "";

    public long? Number { get; set; }

    public decimal Area { get; set; }

    public DateTimeOffset? Since { get; set; }

    public Colour Colour { get; set; }

    [JsonIgnore]
    public string? Secret { get; set; }
}

public readonly record struct Size(double Width, ulong Height);

public enum Colour
{
    Black,
    Red,
    Green,
}

[Flags]
public enum Days
{
    None = 0,
    Monday = 1,
    Tuesday = 2,
}

/// <summary>Wider than a JavaScript number.</summary>
public enum Rights : ulong
{
    None = 0,
    All = ulong.MaxValue,
}

public enum Shade
{
    Dark,
    Light,
}

public enum Rank
{
    First = 1,
    Second = 2,
}

[JsonConverter(typeof(OrderIdConverter))]
public readonly record struct OrderId(long Value);

public sealed class OrderIdConverter : JsonConverter<OrderId>
{
    public override OrderId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => new(long.Parse(reader.GetString()!, System.Globalization.CultureInfo.InvariantCulture));

    public override void Write(Utf8JsonWriter writer, OrderId value, JsonSerializerOptions options) => throw new NotSupportedException();
}
