namespace LiveHub.Formats;

/// <summary>
/// How a value is written. The numbers are part of the format. The lowest three bits say where its bytes end (<see cref="Framing"/>), so that a form that is
/// not known can be passed over.
/// </summary>
internal enum ValueForm : byte
{
    /// <summary>A signed number; of all integers but <see cref="ulong"/>, so that one that grew is still read.</summary>
    Integer = (0 << 3) | Framing.Varint,
    Unsigned = (1 << 3) | Framing.Varint,
    Boolean = (2 << 3) | Framing.Varint,
    Character = (3 << 3) | Framing.Varint,

    /// <summary>A day's number.</summary>
    Date = (4 << 3) | Framing.Varint,

    /// <summary>Ticks.</summary>
    Time = (5 << 3) | Framing.Varint,

    /// <summary>Ticks, signed.</summary>
    Duration = (6 << 3) | Framing.Varint,

    Single = (0 << 3) | Framing.Four,

    Double = (0 << 3) | Framing.Eight,

    /// <summary><see cref="System.DateTime.ToBinary"/>: the kind is kept, and a local time is that moment in the reader's zone.</summary>
    DateTime = (1 << 3) | Framing.Eight,

    Uuid = (0 << 3) | Framing.Sixteen,

    /// <summary>UTF-8.</summary>
    Text = (0 << 3) | Framing.Delimited,

    /// <summary>A JSON column or a member, as UTF-8.</summary>
    Json = (1 << 3) | Framing.Delimited,

    Bytes = (2 << 3) | Framing.Delimited,

    /// <summary>Sign and scale, then as many bytes of the digits as are not zero.</summary>
    Decimal = (3 << 3) | Framing.Delimited,

    /// <summary>Ticks, then the offset's minutes.</summary>
    Moment = (4 << 3) | Framing.Delimited,

    /// <summary>As the provider writes it into JSON.</summary>
    ProviderJson = (5 << 3) | Framing.Delimited,

    /// <summary>Values of one form each.</summary>
    List = (0 << 3) | Framing.List,

    /// <summary>A flag: the value as the model has it, where the database stores another one.</summary>
    Unconverted = 0x80,
}

/// <summary>Where a value's bytes end.</summary>
internal static class Framing
{
    public const int Varint = 0;
    public const int Four = 1;
    public const int Eight = 2;
    public const int Sixteen = 3;
    public const int Delimited = 4;
    public const int List = 6;

    public static int Of(ValueForm form) => (int)form & 7;

    public static bool IsKnown(ValueForm form) => Of(form) is not (5 or 7);

    /// <summary>Passes over a value.</summary>
    /// <param name="element">The form of a list's values.</param>
    public static void Skip(ref ByteReader reader, ValueForm form, ValueForm element)
    {
        switch (Of(form))
        {
            case Varint:
                reader.ReadVarint();
                break;
            case Four:
                reader.Take(4);
                break;
            case Eight:
                reader.Take(8);
                break;
            case Sixteen:
                reader.Take(16);
                break;
            case Delimited:
                reader.Take(reader.ReadLength());
                break;
            default:
                var (count, hasNulls) = reader.ReadCount();
                for (var i = 0; i < count; i++)
                {
                    if (!hasNulls || reader.ReadByte() != 0)
                    {
                        Skip(ref reader, element, default);
                    }
                }

                break;
        }
    }
}
