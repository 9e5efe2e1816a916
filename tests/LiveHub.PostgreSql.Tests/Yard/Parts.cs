namespace LiveHub.PostgreSql.Tests.Yard;

/// <summary>One entity in two tables.</summary>
public sealed class Profile
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public string? Bio { get; set; }

    public int Age { get; set; }
}

/// <summary>Owned types in the owner's table, in JSON, and lists of them.</summary>
public sealed class Customer
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public Address? Home { get; set; }

    public Address? Work { get; set; }

    public List<Phone> Phones { get; set; } = [];
}

public sealed class Address
{
    public string Street { get; set; } = "";

    public int? Number { get; set; }
}

public sealed class Phone
{
    public string Digits { get; set; } = "";

    public bool Mobile { get; set; }
}

/// <summary>Complex types, as columns and as JSON.</summary>
public sealed class Product
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public Size Size { get; set; } = new();

    public Size Packed { get; set; } = new();
}

public sealed class Size
{
    public int Width { get; set; }

    public decimal Height { get; set; }
}
