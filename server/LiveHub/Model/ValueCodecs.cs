using System.Globalization;
using System.Text.Json;
using System.Xml;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace LiveHub.Model;

/// <summary>Which JSON stands for which CLR type (docs/protocol.md, Values).</summary>
internal static class ValueCodecs
{
    private const string Microseconds = "yyyy-MM-dd'T'HH:mm:ss.ffffff";
    private const string Date = "yyyy-MM-dd";
    private const string TimeMicroseconds = "HH:mm:ss.ffffff";
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    // No more than the microseconds that the database keeps: a seventh digit would be equal to no row.
    private static readonly string[] MomentsRead = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFzzz", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mmzzz"];
    private static readonly string[] DateTimesRead = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFK", "yyyy-MM-dd'T'HH:mmK"];
    private static readonly string[] TimesRead = ["HH:mm:ss.FFFFFF", "HH:mm"];

    private static readonly Dictionary<Type, ValueCodec> ByType = new()
    {
        [typeof(bool)] = new ValueCodec<bool>("a boolean", (w, v) => w.WriteBooleanValue(v), ReadBoolean),
        [typeof(byte)] = Small("an integer from 0 to 255", (w, v) => w.WriteNumberValue(v), (JsonElement j, out byte v) => j.TryGetByte(out v)),
        [typeof(sbyte)] = Small("an integer from -128 to 127", (w, v) => w.WriteNumberValue(v), (JsonElement j, out sbyte v) => j.TryGetSByte(out v)),
        [typeof(short)] = Small("a 16-bit integer", (w, v) => w.WriteNumberValue(v), (JsonElement j, out short v) => j.TryGetInt16(out v)),
        [typeof(ushort)] = Small("an unsigned 16-bit integer", (w, v) => w.WriteNumberValue(v), (JsonElement j, out ushort v) => j.TryGetUInt16(out v)),
        [typeof(int)] = Small("a 32-bit integer", (w, v) => w.WriteNumberValue(v), (JsonElement j, out int v) => j.TryGetInt32(out v)),
        [typeof(uint)] = Small("an unsigned 32-bit integer", (w, v) => w.WriteNumberValue(v), (JsonElement j, out uint v) => j.TryGetUInt32(out v)),
        [typeof(float)] = new ValueCodec<float>("a number", WriteSingle, ReadSingle),
        [typeof(double)] = new ValueCodec<double>("a number", WriteDouble, ReadDouble),
        [typeof(long)] = Wide("a 64-bit integer, as a string", v => v.ToString(Culture), (JsonElement j, out long v) => j.TryGetInt64(out v),
            (string s, out long v) => long.TryParse(s, NumberStyles.AllowLeadingSign, Culture, out v)),
        [typeof(ulong)] = Wide("an unsigned 64-bit integer, as a string", v => v.ToString(Culture), (JsonElement j, out ulong v) => j.TryGetUInt64(out v),
            (string s, out ulong v) => ulong.TryParse(s, NumberStyles.None, Culture, out v)),
        [typeof(decimal)] = OfDecimal(v => v),
        [typeof(string)] = Text<string>("a string", v => v, (string s, out string v) => { v = s; return !s.Contains('\0', StringComparison.Ordinal); }),
        [typeof(char)] = Text<char>("a string of one character", v => v.ToString(), (string s, out char v) => { v = s.Length == 1 ? s[0] : '\0'; return v != '\0'; }),
        [typeof(Guid)] = Text<Guid>("a UUID", v => v.ToString("D"), (string s, out Guid v) => Guid.TryParseExact(s, "D", out v)),
        [typeof(DateTimeOffset)] = Text<DateTimeOffset>("a time with offset, ISO 8601", v => v.UtcDateTime.ToString(Microseconds, Culture) + "Z", ReadDateTimeOffset),
        [typeof(DateTime)] = Text<DateTime>("a time, ISO 8601", WriteDateTime, ReadDateTime),
        [typeof(DateOnly)] = Text<DateOnly>("a date, yyyy-MM-dd", v => v.ToString(Date, Culture),
            (string s, out DateOnly v) => DateOnly.TryParseExact(s, Date, Culture, DateTimeStyles.None, out v)),
        [typeof(TimeOnly)] = Text<TimeOnly>("a time of day, HH:mm:ss", v => v.ToString(TimeMicroseconds, Culture),
            (string s, out TimeOnly v) => TimeOnly.TryParseExact(s, TimesRead, Culture, DateTimeStyles.None, out v)),
        [typeof(TimeSpan)] = Text<TimeSpan>("a duration, ISO 8601", XmlConvert.ToString, ReadTimeSpan),
        [typeof(byte[])] = new ValueCodec<byte[]>("base64", (w, v) => w.WriteBase64StringValue(v), ReadBytes),
    };

    // Rows are found by the text of their keys: equal numbers have to look alike, whatever the scale that they were stored with.
    private static readonly Dictionary<Type, ValueCodec> InKeys = new(ByType)
    {
        [typeof(decimal)] = OfDecimal(ExactDecimal.Trim),
    };

    // PostgreSQL has two types for it, and takes no value of one kind for a column of the other.
    private static readonly ValueCodec UtcDateTime = Text<DateTime>("a time with offset, ISO 8601", v => WriteDateTime(ToUtc(v)),
        (string s, out DateTime v) => ReadDateTime(s, out v) && v.Kind is DateTimeKind.Utc);
    private static readonly ValueCodec LocalDateTime = Text<DateTime>("a time without offset, ISO 8601", WriteDateTime,
        (string s, out DateTime v) => ReadDateTime(s, out v) && v.Kind is DateTimeKind.Unspecified);

    private static readonly ValueCodec Day = Text<DateTime>("a date, yyyy-MM-dd", v => v.ToString(Date, Culture), ReadDay);

    /// <summary>The codec for a property, or null where its type has no form on the wire.</summary>
    public static ValueCodec? Find(IReadOnlyProperty property)
    {
        if (property.GetElementType() is { } element)
        {
            var item = Find(element.ClrType, element.GetValueConverter() ?? (element.GetProviderClrType() is null ? null : element.FindTypeMapping()?.Converter),
                (element.FindTypeMapping() as RelationalTypeMapping)?.StoreType);
            return item is null ? null : new ListCodec(item);
        }

        var converter = property.GetValueConverter() ?? (property.GetProviderClrType() is null ? null : property.FindTypeMapping()?.Converter);
        var storeType = property.FindRelationalTypeMapping()?.StoreType;
        var isJson = storeType is "json" or "jsonb" && !property.DeclaringType.IsMappedToJson();
        return isJson && OfJson(property.ClrType, converter) is { } json ? json
            : Find(property.ClrType, converter, storeType, property.IsKey() || property.IsForeignKey()) is { } codec
                ? StoredCodec.Of(codec, Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType, converter, storeType)
                : null;
    }

    private static ValueCodec? Find(Type clrType, ValueConverter? converter, string? storeType, bool isKey = false)
    {
        var byType = isKey ? InKeys : ByType;
        var type = Nullable.GetUnderlyingType(clrType) ?? clrType;
        if (converter is null)
        {
            return type.IsEnum ? new EnumCodec(type) : type == typeof(DateTime) ? OfDateTime(storeType) : byType.GetValueOrDefault(type);
        }

        // A type that the model converts looks like what the database stores, unless it has a form of its own.
        return !type.IsEnum && byType.TryGetValue(type, out var own)
            ? own
            : byType.TryGetValue(Nullable.GetUnderlyingType(converter.ProviderClrType) ?? converter.ProviderClrType, out var stored)
                ? new ConvertedCodec(stored, converter)
                : null;
    }

    /// <summary>A column of JSON: its text, or what the model's converter makes of the value.</summary>
    private static JsonCodec? OfJson(Type clrType, ValueConverter? converter)
        => converter is null ? JsonCodec.Find(Nullable.GetUnderlyingType(clrType) ?? clrType)
        : converter.ProviderClrType == typeof(string) ? new(value => (string?)converter.ConvertToProvider(value))
        : null;

    private static ValueCodec OfDateTime(string? storeType) => storeType switch
    {
        "date" => Day,
        { } type when type.EndsWith(" with time zone", StringComparison.Ordinal) => UtcDateTime,
        { } type when type.EndsWith(" without time zone", StringComparison.Ordinal) => LocalDateTime,
        _ => ByType[typeof(DateTime)],
    };

    private static ValueCodec<decimal> OfDecimal(Func<decimal, decimal> shown)
        => Wide("a decimal number, as a string", v => shown(v).ToString(Culture),
            (JsonElement j, out decimal v) => ExactDecimal.TryRead(j.GetRawText(), NumberStyles.AllowExponent, out v),
            (string s, out decimal v) => ExactDecimal.TryRead(s, NumberStyles.None, out v));

    private delegate bool TryParse<T>(string text, out T value);

    private static ValueCodec<T> Small<T>(string expected, Action<Utf8JsonWriter, T> write, TryReadValue<T> read)
        where T : notnull
        => new(expected, write, (JsonElement json, out T value) =>
        {
            value = default!;
            return json.ValueKind == JsonValueKind.Number && read(json, out value);
        });

    /// <summary>Wider than a JavaScript number: a string on the wire, though an exact number is taken too.</summary>
    private static ValueCodec<T> Wide<T>(string expected, Func<T, string> format, TryReadValue<T> readNumber, TryParse<T> parse)
        where T : notnull
        => new(expected, (w, v) => w.WriteStringValue(format(v)), (JsonElement json, out T value) =>
        {
            value = default!;
            return json.ValueKind switch
            {
                JsonValueKind.Number => readNumber(json, out value),
                JsonValueKind.String => parse(json.GetString()!, out value),
                _ => false,
            };
        });

    private static ValueCodec<T> Text<T>(string expected, Func<T, string> format, TryParse<T> parse)
        where T : notnull
        => new(expected, (w, v) => w.WriteStringValue(format(v)), (JsonElement json, out T value) =>
        {
            value = default!;
            return json.ValueKind == JsonValueKind.String && parse(json.GetString()!, out value);
        });

    private static bool ReadBoolean(JsonElement json, out bool value)
    {
        value = json.ValueKind == JsonValueKind.True;
        return json.ValueKind is JsonValueKind.True or JsonValueKind.False;
    }

    private static void WriteSingle(Utf8JsonWriter writer, float value)
    {
        if (float.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(NameOf(value));
        }
    }

    private static void WriteDouble(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteStringValue(NameOf(value));
        }
    }

    private static string NameOf(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

    private static bool ReadSingle(JsonElement json, out float value)
    {
        var ok = ReadDouble(json, out var wide);
        value = (float)wide;
        return ok && (float.IsFinite(value) || !double.IsFinite(wide));
    }

    private static bool ReadDouble(JsonElement json, out double value)
    {
        value = 0;
        if (json.ValueKind == JsonValueKind.Number)
        {
            var ok = json.TryGetDouble(out value) && double.IsFinite(value);
            value = value == 0 ? 0 : value; // not -0, which is equal to it and would look different
            return ok;
        }

        if (json.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        (var known, value) = json.GetString() switch
        {
            "NaN" => (true, double.NaN),
            "Infinity" => (true, double.PositiveInfinity),
            "-Infinity" => (true, double.NegativeInfinity),
            _ => (false, 0),
        };
        return known;
    }

    private static string WriteDateTime(DateTime value)
        => value.ToString(Microseconds, Culture) + (value.Kind == DateTimeKind.Utc ? "Z" : "");

    /// <summary>A time of a column in UTC. The database's infinities are read without a kind.</summary>
    private static DateTime ToUtc(DateTime value)
        => value.Kind == DateTimeKind.Local ? value.ToUniversalTime() : DateTime.SpecifyKind(value, DateTimeKind.Utc);

    private static bool ReadDateTime(string text, out DateTime value)
    {
        var ok = DateTime.TryParseExact(text, DateTimesRead, Culture, DateTimeStyles.AdjustToUniversal, out value);
        value = IsEnd(value) ? DateTime.SpecifyKind(DateTime.MaxValue, value.Kind) : value;
        return ok;
    }

    /// <summary>A day, which may be written as its midnight.</summary>
    private static bool ReadDay(string text, out DateTime value)
        => DateTime.TryParseExact(text, Date, Culture, DateTimeStyles.None, out value) || (ReadDateTime(text, out value) && value.TimeOfDay == default);

    private static bool ReadDateTimeOffset(string text, out DateTimeOffset value)
    {
        var ok = DateTimeOffset.TryParseExact(text, MomentsRead, Culture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out value);
        value = IsEnd(value.DateTime) ? DateTimeOffset.MaxValue : value;
        return ok;
    }

    /// <summary>Whether it is the end of time but for the digit that is not written: the database's infinity.</summary>
    private static bool IsEnd(DateTime value) => value.Ticks == DateTime.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond;

    private static bool ReadTimeSpan(string text, out TimeSpan value)
    {
        try
        {
            value = XmlConvert.ToTimeSpan(text);
            return value.Ticks % TimeSpan.TicksPerMicrosecond == 0;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            value = default;
            return false;
        }
    }

    private static bool ReadBytes(JsonElement json, out byte[] value)
    {
        value = [];
        return json.ValueKind == JsonValueKind.String && json.TryGetBytesFromBase64(out value!);
    }
}
