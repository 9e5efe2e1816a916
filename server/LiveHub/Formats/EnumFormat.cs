using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace LiveHub.Formats;

/// <summary>An enum that is stored as its number.</summary>
internal sealed class EnumFormat<T>() : ValueFormat(IsWide ? ValueForm.Unsigned : ValueForm.Integer)
    where T : unmanaged, Enum
{
    private static readonly TypeCode Code = Type.GetTypeCode(typeof(T));

    private static bool IsWide => Type.GetTypeCode(typeof(T)) is TypeCode.UInt64;

    public override void Write(ref ByteWriter writer, object value)
    {
        var number = (T)value;
        if (IsWide)
        {
            writer.WriteVarint(Unsafe.BitCast<T, ulong>(number));
        }
        else
        {
            writer.WriteSigned(ToInt64(number));
        }
    }

    public override bool TryRead(ref ByteReader reader, [NotNullWhen(true)] out object? value)
    {
        if (IsWide)
        {
            value = Unsafe.BitCast<ulong, T>(reader.ReadVarint());
            return true;
        }

        var number = reader.ReadSigned();
        var read = Of(number);
        value = ToInt64(read) == number ? read : null;
        return value is not null;
    }

    private static long ToInt64(T value) => Code switch
    {
        TypeCode.SByte => Unsafe.BitCast<T, sbyte>(value),
        TypeCode.Byte => Unsafe.BitCast<T, byte>(value),
        TypeCode.Int16 => Unsafe.BitCast<T, short>(value),
        TypeCode.UInt16 => Unsafe.BitCast<T, ushort>(value),
        TypeCode.Int32 => Unsafe.BitCast<T, int>(value),
        TypeCode.UInt32 => Unsafe.BitCast<T, uint>(value),
        _ => Unsafe.BitCast<T, long>(value),
    };

    private static T Of(long number) => Unsafe.SizeOf<T>() switch
    {
        1 => Unsafe.BitCast<byte, T>((byte)number),
        2 => Unsafe.BitCast<short, T>((short)number),
        4 => Unsafe.BitCast<int, T>((int)number),
        _ => Unsafe.BitCast<long, T>(number),
    };
}

/// <summary>An enum that the provider stores as such, by name: numbers may mean something else in another release.</summary>
internal sealed class NamedEnumFormat(Type type) : ValueFormat(ValueForm.Text)
{
    private readonly FrozenDictionary<string, object> _values = Enum.GetNames(type).ToFrozenDictionary(n => n, n => Enum.Parse(type, n), StringComparer.Ordinal);

    public override void Write(ref ByteWriter writer, object value) => writer.WriteText(value.ToString()!);

    public override bool TryRead(ref ByteReader reader, [NotNullWhen(true)] out object? value) => _values.TryGetValue(reader.ReadText(), out value);
}
