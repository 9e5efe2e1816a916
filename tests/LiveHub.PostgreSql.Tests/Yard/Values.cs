namespace LiveHub.PostgreSql.Tests.Yard;

/// <summary>A composite key.</summary>
public sealed class Pair
{
    public int A { get; set; }

    public string B { get; set; } = "";

    public string? Name { get; set; }

    public byte[] Data { get; set; } = [];
}

/// <summary>Converters on the key and on values.</summary>
public sealed class Ticket
{
    public TicketId Id { get; set; }

    public string Name { get; set; } = "";

    public Color Color { get; set; }

    public Money Price { get; set; }

    public Money? Discount { get; set; }
}

public readonly record struct TicketId(long Value);

public readonly record struct Money(long Cents)
{
    /// <summary>As a converter does that knows only what it has written itself.</summary>
    public static Money Read(long cents) => cents < 0 ? throw new FormatException("Nobody owes money.") : new(cents);
}

public enum Color
{
    Red,
    Green,
    Blue,
}

/// <summary>What the database stores is not what was assigned.</summary>
public sealed class Measure
{
    public string Code { get; set; } = "";

    public string Padded { get; set; } = "";

    public decimal Rounded { get; set; }

    public DateTime At { get; set; }

    public DateTimeOffset? Offset { get; set; }

    public TimeSpan Took { get; set; }

    public TimeOnly Time { get; set; }

    public DateOnly? Day { get; set; }

    public float Small { get; set; }

    public double Large { get; set; }

    public byte[]? Raw { get; set; }

    public int[] Numbers { get; set; } = [];
}

/// <summary>A key of the database, the row's system version as token.</summary>
public sealed class Lease
{
    public Guid Id { get; set; }

    public string Name { get; set; } = "";

    public uint Version { get; set; }
}

/// <summary>A token that a trigger of the database makes.</summary>
public sealed class Stock
{
    public long Id { get; set; }

    public string Name { get; set; } = "";

    public int Revision { get; set; }
}

/// <summary>A column that the database computes, and one that it fills in.</summary>
public sealed class Sum
{
    public int Id { get; set; }

    public int Left { get; set; }

    public int Right { get; set; }

    public int Total { get; set; }

    public string? Name { get; set; }

    public int Level { get; set; }
}

/// <summary>A trigger before (a column), and one after that writes the same row once more.</summary>
public sealed class Sign
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public string? Shout { get; set; }

    public int Echo { get; set; }
}

/// <summary>Odd names in a schema of its own; keys from a sequence in blocks (HiLo).</summary>
public sealed class Odd
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public string? Plain { get; set; }
}

/// <summary>Tells where in the log a test is.</summary>
public sealed class Mark
{
    public Guid Id { get; set; }
}
