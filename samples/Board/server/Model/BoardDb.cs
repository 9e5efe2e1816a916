using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BoardSample.Model;

/// <summary>The sample's database.</summary>
/// <remarks>
/// Nothing cascades in the database: a delete there of rows that EF has not loaded would go by unseen by LiveHub's
/// interceptor. Dependents are loaded and deleted by EF; one that came in between makes the delete fail instead.
/// </remarks>
public sealed class BoardDb(DbContextOptions<BoardDb> options) : DbContext(options)
{
    private const int ShortText = 200;
    private const int LongText = 10_000;

    public DbSet<Board> Boards => Set<Board>();
    public DbSet<BoardList> Lists => Set<BoardList>();
    public DbSet<Card> Cards => Set<Card>();
    public DbSet<Comment> Comments => Set<Comment>();
    public DbSet<Label> Labels => Set<Label>();
    public DbSet<Member> Members => Set<Member>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<string>().HaveMaxLength(ShortText);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Board>(board =>
        {
            board.HasMany(b => b.Lists).WithOne().HasForeignKey(l => l.BoardId).OnDelete(DeleteBehavior.ClientCascade);
            board.HasMany(b => b.Labels).WithOne().HasForeignKey(l => l.BoardId).OnDelete(DeleteBehavior.ClientCascade);
        });
        modelBuilder.Entity<BoardList>()
            .HasMany(l => l.Cards).WithOne().HasForeignKey(c => c.ListId).OnDelete(DeleteBehavior.ClientCascade);
        modelBuilder.Entity<Card>(ConfigureCard);
        modelBuilder.Entity<Comment>(comment =>
        {
            comment.Property(c => c.Text).HasMaxLength(LongText);
            comment.Property(c => c.CreatedAt).HasDefaultValueSql("now()");
            comment.HasOne<Member>().WithMany().HasForeignKey(c => c.MemberId).OnDelete(DeleteBehavior.Restrict);
        });
        modelBuilder.Entity<Member>()
            .HasMany(m => m.Cards).WithOne().HasForeignKey(c => c.MemberId).OnDelete(DeleteBehavior.ClientSetNull);
    }

    private static void ConfigureCard(EntityTypeBuilder<Card> card)
    {
        card.HasQueryFilter(c => !c.IsDeleted);
        card.Property(c => c.Description).HasMaxLength(LongText);
        card.Property(c => c.Estimate).HasPrecision(10, 2);
        card.HasMany(c => c.Comments).WithOne().HasForeignKey(c => c.CardId).OnDelete(DeleteBehavior.ClientCascade);
        card.HasMany(c => c.Labels).WithMany(l => l.Cards).UsingEntity(
            "CardLabel",
            link => link.HasOne(typeof(Label)).WithMany().HasForeignKey("LabelId").OnDelete(DeleteBehavior.ClientCascade),
            link => link.HasOne(typeof(Card)).WithMany().HasForeignKey("CardId").OnDelete(DeleteBehavior.ClientCascade));
    }
}
