using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Infrastructure;

/// <summary>A small model for tests.</summary>
public sealed class ShopDb(DbContextOptions<ShopDb> options) : DbContext(options)
{
    public DbSet<Shelf> Shelves => Set<Shelf>();

    public DbSet<Item> Items => Set<Item>();

    public DbSet<Tag> Tags => Set<Tag>();

    public DbSet<Note> Notes => Set<Note>();

    public DbSet<Price> Prices => Set<Price>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Item>(item =>
        {
            item.HasQueryFilter(i => !i.IsDeleted);
            item.Property<string?>("Shadow");
            item.HasMany(i => i.Tags).WithMany().UsingEntity(
                "ItemTag", right => right.HasOne(typeof(Tag)).WithMany().HasForeignKey("TagId"), left => left.HasOne(typeof(Item)).WithMany().HasForeignKey("ItemId"));
        });
        modelBuilder.Entity<Price>().HasKey(p => new { p.ItemId, p.Currency });
    }
}

public sealed class Shelf
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public byte[] Photo { get; set; } = [];
}

/// <summary>Mapped and not exposed.</summary>
public sealed class Note
{
    public int Id { get; set; }

    public string Text { get; set; } = "";
}

public sealed class Item
{
    public int Id { get; set; }

    public int ShelfId { get; set; }

    public Shelf? Shelf { get; set; }

    public string Name { get; set; } = "";

    public int? OwnerId { get; set; }

    public bool Done { get; set; }

    public bool IsDeleted { get; set; }

    public string Secret { get; set; } = "";

    [JsonIgnore]
    public string Ignored { get; set; } = "";

    public List<Tag> Tags { get; } = [];
}

public sealed class Tag
{
    public Guid Id { get; set; }

    public string Name { get; set; } = "";
}

public sealed class Price
{
    public int ItemId { get; set; }

    public string Currency { get; set; } = "";

    public long Cents { get; set; }
}
