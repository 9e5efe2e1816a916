using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Model;

/// <summary>A model with every kind of column and key, for tests of single parts.</summary>
internal sealed class CatalogDb(DbContextOptions<CatalogDb> options) : DbContext(options)
{
    public DbSet<Book> Books => Set<Book>();

    public DbSet<Copy> Copies => Set<Copy>();

    public DbSet<Cover> Covers => Set<Cover>();

    public DbSet<Genre> Genres => Set<Genre>();

    public DbSet<Author> Authors => Set<Author>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Book>(book =>
        {
            book.Property(b => b.Id).ValueGeneratedNever();
            book.HasQueryFilter(b => !b.IsDeleted);
            book.HasMany(b => b.Genres).WithMany().UsingEntity("BookGenre",
                right => right.HasOne(typeof(Genre)).WithMany().HasForeignKey("GenreId"),
                left => left.HasOne(typeof(Book)).WithMany().HasForeignKey("BookId"));
        });
        modelBuilder.Entity<Copy>().HasKey(c => new { c.BookId, c.Place });
        modelBuilder.Entity<Cover>().HasKey(c => c.Hash);
        modelBuilder.Entity<Author>(author =>
        {
            author.Property(a => a.Id).HasConversion(id => id.Value, value => new AuthorId(value)).ValueGeneratedNever();
            author.Property(a => a.Style).HasConversion<string>();
            author.Property(a => a.Rank).HasConversion<int>();
            author.Property(a => a.Mentor).HasConversion(id => id!.Value.Value, value => new AuthorId(value));
        });
    }
}

internal enum Binding
{
    Paper,
    Cloth,
    Leather,
}

internal sealed class Book
{
    public int Id { get; set; }

    public int ShelfId { get; set; }

    public int? OwnerId { get; set; }

    public string? Title { get; set; }

    public bool Lent { get; set; }

    public bool? Signed { get; set; }

    public long Isbn { get; set; }

    public byte Stars { get; set; }

    public decimal? Price { get; set; }

    public double Weight { get; set; }

    public DateTimeOffset? BoughtAt { get; set; }

    public DateTime WrittenAt { get; set; } = DateTime.UnixEpoch;

    public DateOnly Printed { get; set; }

    public Guid Code { get; set; }

    public Binding Binding { get; set; }

    public byte[]? Scan { get; set; }

    public bool IsDeleted { get; set; }

    public string Secret { get; set; } = "";

    public List<Genre> Genres { get; } = [];
}

internal sealed class Copy
{
    public int BookId { get; set; }

    public string Place { get; set; } = "";

    public int? OwnerId { get; set; }

    public string? Note { get; set; }
}

internal sealed class Cover
{
    public byte[] Hash { get; set; } = [];

    public string Name { get; set; } = "";
}

internal sealed class Genre
{
    public Guid Id { get; set; }

    public string Name { get; set; } = "";
}

internal readonly record struct AuthorId(long Value);

internal sealed class Author
{
    public AuthorId Id { get; set; }

    public Binding Style { get; set; }

    public Binding Rank { get; set; }

    public AuthorId? Mentor { get; set; }
}
