using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Model;

/// <summary>What needs care when it is exposed.</summary>
internal sealed class OddDb(DbContextOptions<OddDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Odd>().Property<string?>("Shadow");
        modelBuilder.Entity<Twin>();
        modelBuilder.Entity<Loose>().HasNoKey();
        modelBuilder.Entity<Seen>().ToTable("Seen").ToView("SeenView");
        modelBuilder.Entity<House>().OwnsOne(h => h.Address);
        modelBuilder.Entity<Filtered>().HasQueryFilter(f => f.Name.StartsWith("an"));
        modelBuilder.Entity<Listed>();
    }
}

internal sealed class Odd
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    [JsonIgnore]
    public string Skipped { get; set; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Size { get; set; }

    public string[] Words { get; set; } = [];

    public int Length => Words.Length;
}

internal sealed class Twin
{
    public int Id { get; set; }

    public string URL { get; set; } = "";

    public string Url { get; set; } = "";
}

internal sealed class Loose
{
    public int Number { get; set; }
}

internal sealed class House
{
    public int Id { get; set; }

    public Address Address { get; set; } = new();
}

internal sealed class Address
{
    public string Street { get; set; } = "";
}

internal sealed class Filtered
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

internal sealed class Listed
{
    public int Id { get; set; }

    public System.Net.IPAddress Origin { get; set; } = System.Net.IPAddress.Loopback;
}

internal sealed class Unmapped;

/// <summary>Three generations in one table.</summary>
internal sealed class TreeDb(DbContextOptions<TreeDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Animal>().HasQueryFilter(a => !a.IsDeleted);
        modelBuilder.Entity<Animal>().Property<bool>("IsFree");
        modelBuilder.Entity<Dog>();
        modelBuilder.Entity<Cat>();
        modelBuilder.Entity<Puppy>();
    }
}

internal class Animal
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    [JsonIgnore]
    public bool IsDeleted { get; set; }
}

internal class Dog : Animal
{
    public string Breed { get; set; } = "";
}

internal sealed class Puppy : Dog;

internal sealed class Cat : Animal;

/// <summary>Written to a table, read from a view.</summary>
public sealed class Seen
{
    public int Id { get; set; }
}
