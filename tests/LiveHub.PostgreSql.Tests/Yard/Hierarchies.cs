namespace LiveHub.PostgreSql.Tests.Yard;

/// <summary>One table for all (TPH); the base is exposed.</summary>
public class Vehicle
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

public sealed class Car : Vehicle
{
    public int Seats { get; set; }
}

public sealed class Truck : Vehicle
{
    public decimal? Load { get; set; }
}

/// <summary>One table for all (TPH); only <see cref="Invoice"/> is exposed.</summary>
public abstract class Document
{
    public long Id { get; set; }

    public string Name { get; set; } = "";
}

public sealed class Invoice : Document
{
    public decimal Total { get; set; }
}

public sealed class Letter : Document
{
    public string? Text { get; set; }
}

/// <summary>A table for each type (TPT); the derived ones are exposed.</summary>
public abstract class Animal
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

public sealed class Cat : Animal
{
    public int Lives { get; set; }
}

public sealed class Dog : Animal
{
    public string? Trick { get; set; }
}

/// <summary>A table for each type (TPT); the base is exposed.</summary>
public class Plant
{
    public Guid Id { get; set; }

    public string Name { get; set; } = "";
}

public sealed class Tree : Plant
{
    public int Height { get; set; }
}

/// <summary>A table for each concrete type (TPC); the base is exposed.</summary>
public class Figure
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

public sealed class Circle : Figure
{
    public double Radius { get; set; }
}

public sealed class Box : Figure
{
    public int Side { get; set; }
}
