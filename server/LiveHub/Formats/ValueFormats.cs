using System.Numerics;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace LiveHub.Formats;

/// <summary>Which bytes stand for which values of a row.</summary>
internal static class ValueFormats
{
    private static readonly Dictionary<Type, ValueFormat> ByType = [];

    private static readonly Dictionary<Type, ValueFormat> Unconverted = [];

    private static readonly ValueFormat Json = new ValueFormat<JsonText>(ValueForm.Json, (ref w, v) => w.WriteText(v.Value), (ref r, out v) =>
    {
        v = new(r.ReadText());
        return true;
    });

    static ValueFormats()
    {
        AddNumber<byte>();
        AddNumber<sbyte>();
        AddNumber<short>();
        AddNumber<ushort>();
        AddNumber<int>();
        AddNumber<uint>();
        AddNumber<long>();
        Add<ulong>(ValueForm.Unsigned, (ref w, v) => w.WriteVarint(v), (ref r, out v) =>
        {
            v = r.ReadVarint();
            return true;
        });
        Add<bool>(ValueForm.Boolean, (ref w, v) => w.WriteVarint(v ? 1UL : 0), (ref r, out v) =>
        {
            var number = r.ReadVarint();
            v = number == 1;
            return number <= 1;
        });
        Add<char>(ValueForm.Character, (ref w, v) => w.WriteVarint(v), (ref r, out v) =>
        {
            var number = r.ReadVarint();
            v = (char)number;
            return number <= char.MaxValue;
        });
        Add<float>(ValueForm.Single, (ref w, v) => w.WriteFour(BitConverter.SingleToInt32Bits(v)), (ref r, out v) =>
        {
            v = BitConverter.Int32BitsToSingle(r.ReadFour());
            return true;
        });
        Add<double>(ValueForm.Double, (ref w, v) => w.WriteEight(BitConverter.DoubleToInt64Bits(v)), (ref r, out v) =>
        {
            v = BitConverter.Int64BitsToDouble(r.ReadEight());
            return true;
        });
        Add<decimal>(ValueForm.Decimal, DecimalBytes.Write, DecimalBytes.TryRead);
        Add<Guid>(ValueForm.Uuid, (ref w, v) => w.Write(v), (ref r, out v) =>
        {
            v = r.ReadGuid();
            return true;
        });
        Add<string>(ValueForm.Text, (ref w, v) => w.WriteText(v), (ref r, out v) =>
        {
            v = r.ReadText();
            return true;
        });
        Add<byte[]>(ValueForm.Bytes, (ref w, v) => w.WriteDelimited(v), (ref r, out v) =>
        {
            v = r.Take(r.ReadLength()).ToArray();
            return true;
        });
        Add<DateTime>(ValueForm.DateTime, (ref w, v) => w.WriteEight(v.ToBinary()), MomentBytes.TryReadDateTime);
        Add<DateTimeOffset>(ValueForm.Moment, MomentBytes.Write, MomentBytes.TryRead);
        Add<DateOnly>(ValueForm.Date, (ref w, v) => w.WriteVarint((ulong)v.DayNumber), (ref r, out v) =>
        {
            var number = r.ReadVarint();
            var ok = number <= (ulong)DateOnly.MaxValue.DayNumber;
            v = ok ? DateOnly.FromDayNumber((int)number) : default;
            return ok;
        });
        Add<TimeOnly>(ValueForm.Time, (ref w, v) => w.WriteVarint((ulong)v.Ticks), (ref r, out v) =>
        {
            var ticks = r.ReadVarint();
            var ok = ticks <= (ulong)TimeOnly.MaxValue.Ticks;
            v = ok ? new((long)ticks) : default;
            return ok;
        });
        Add<TimeSpan>(ValueForm.Duration, (ref w, v) => w.WriteSigned(v.Ticks), (ref r, out v) =>
        {
            v = new(r.ReadSigned());
            return true;
        });
    }

    /// <summary>The format of a column's values; null where there is none.</summary>
    public static ValueFormat? Find(Column column) => column.Member is null ? Find(column.Property) : Json;

    private static ValueFormat? Find(IReadOnlyProperty property)
    {
        var codec = ValueCodecs.Find(property);
        if (codec is JsonCodec)
        {
            return Json;
        }

        if (codec is ListCodec && property.GetElementType() is { } element)
        {
            return Find(element.ClrType, element.GetValueConverter() ?? (element.GetProviderClrType() is null ? null : element.FindTypeMapping()?.Converter),
                element.FindTypeMapping()?.Converter) is { } item ? ListOf(property.ClrType, item) : null;
        }

        var mapping = property.FindTypeMapping();
        var converter = property.GetValueConverter() ?? (property.GetProviderClrType() is null ? null : mapping?.Converter);
        return Find(property.ClrType, converter, mapping?.Converter)
            ?? (converter?.ConvertsNulls is true ? null : Find(property.GetJsonValueReaderWriter() ?? mapping?.JsonValueReaderWriter));
    }

    /// <param name="converter">The model's converter.</param>
    /// <param name="mapped">The converter with which the provider stores the type, the model's or its own.</param>
    private static ValueFormat? Find(Type clrType, ValueConverter? converter, ValueConverter? mapped)
    {
        var type = Bare(clrType);
        if (type.IsEnum)
        {
            return OfEnum(type, converter, mapped);
        }

        // A converter of a simple type need not lead back to what rows hold, which is the model's value: that is what is written.
        if ((converter is null ? ByType : Unconverted).TryGetValue(type, out var simple))
        {
            return simple;
        }

        return converter is { ConvertsNulls: false } && ByType.TryGetValue(Bare(converter.ProviderClrType), out var stored) ? new ConvertedFormat(stored, converter) : null;
    }

    private static ValueFormat? OfEnum(Type type, ValueConverter? converter, ValueConverter? mapped)
        => mapped is null ? new NamedEnumFormat(type)
        : mapped.GetType() is { IsGenericType: true } generic && generic.GetGenericTypeDefinition() == typeof(EnumToNumberConverter<,>) ? Make(typeof(EnumFormat<>), type)
        : Find(mapped.ProviderClrType, null, null) is { } stored && !(converter ?? mapped).ConvertsNulls ? new ConvertedFormat(stored, mapped)
        : null;

    private static ValueFormat? ListOf(Type type, ValueFormat item)
        => !type.IsArray ? new ListFormat<object?>(item) : type.IsSZArray ? Make(typeof(ListFormat<>), type.GetElementType()!, item) : null;

    private static ProviderJsonFormat? Find(JsonValueReaderWriter? json) => json is null ? null : new(json);

    private static ValueFormat Make(Type definition, Type argument, params object[] arguments)
        => (ValueFormat)Activator.CreateInstance(definition.MakeGenericType(argument), arguments)!;

    private static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static void AddNumber<T>()
        where T : IBinaryInteger<T>
        => Add<T>(ValueForm.Integer, (ref w, v) => w.WriteSigned(long.CreateTruncating(v)), (ref r, out v) =>
        {
            var number = r.ReadSigned();
            v = T.CreateTruncating(number);
            return long.CreateTruncating(v) == number;
        });

    private static void Add<T>(ValueForm form, WriteBytes<T> write, TryReadBytes<T> tryRead)
        where T : notnull
    {
        ByType.Add(typeof(T), new ValueFormat<T>(form, write, tryRead));
        Unconverted.Add(typeof(T), new ValueFormat<T>(form | ValueForm.Unconverted, write, tryRead));
    }
}
