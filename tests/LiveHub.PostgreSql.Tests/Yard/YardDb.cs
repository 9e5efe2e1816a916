using Microsoft.EntityFrameworkCore;

namespace LiveHub.PostgreSql.Tests.Yard;

/// <summary>Everything that EF Core can do to a row on PostgreSQL.</summary>
public sealed class YardDb(DbContextOptions<YardDb> options) : DbContext(options)
{
    public static void Expose(LiveHubBuilder<YardDb> live)
        => live
            .Expose<Vehicle>().Expose<Invoice>().Expose<Cat>().Expose<Dog>().Expose<Plant>().Expose<Figure>()
            .Expose<Profile>().Expose<Customer>().Expose<Product>()
            .Expose<Node>().Expose<Student>().Expose<Course>().Expose("StudentCourse").Expose<Post>().Expose<Comment>()
            .Expose<Pair>().Expose<Ticket>().Expose<Measure>(m => m.Hide(x => x.Numbers)).Expose<Lease>().Expose<Stock>().Expose<Sum>().Expose<Sign>()
            .Expose<Odd>().Expose<Mark>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        Hierarchies(modelBuilder);
        Parts(modelBuilder);
        Relations(modelBuilder);
        Values(modelBuilder);
        modelBuilder.Entity<Odd>(odd =>
        {
            odd.ToTable("odd \"table\"", "My Schema");
            odd.Property(o => o.Id).UseHiLo("odd_ids", "My Schema");
            odd.Property(o => o.Name).HasColumnName("the \"name\"");
            odd.Property(o => o.Plain).HasColumnName("order");
        });
        modelBuilder.Entity<Sign>().ToTable(sign => sign.HasTrigger("sign_after"));
        modelBuilder.Entity<Mark>();
    }

    private static void Hierarchies(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Vehicle>().HasDiscriminator<string>("Kind").HasValue<Vehicle>("V").HasValue<Car>("C").HasValue<Truck>("T");
        modelBuilder.Entity<Document>();
        modelBuilder.Entity<Invoice>();
        modelBuilder.Entity<Letter>();
        modelBuilder.Entity<Animal>().UseTptMappingStrategy();
        modelBuilder.Entity<Cat>();
        modelBuilder.Entity<Dog>();
        modelBuilder.Entity<Plant>().UseTptMappingStrategy();
        modelBuilder.Entity<Tree>();
        modelBuilder.Entity<Figure>().UseTpcMappingStrategy();
        modelBuilder.Entity<Circle>();
        modelBuilder.Entity<Box>();
    }

    private static void Parts(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Profile>(profile => profile.SplitToTable("ProfileDetails", details =>
        {
            details.Property(p => p.Bio);
            details.Property(p => p.Age);
        }));
        modelBuilder.Entity<Customer>(customer =>
        {
            customer.OwnsOne(c => c.Home);
            customer.OwnsOne(c => c.Work, work => work.ToJson());
            customer.OwnsMany(c => c.Phones, phones => phones.ToJson());
        });
        modelBuilder.Entity<Product>(product =>
        {
            product.ComplexProperty(p => p.Size);
            product.ComplexProperty(p => p.Packed, packed => packed.ToJson());
        });
    }

    private static void Relations(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Node>(node =>
        {
            node.HasOne(n => n.Parent).WithMany().HasForeignKey(n => n.ParentId).OnDelete(DeleteBehavior.Restrict);
            node.HasQueryFilter(n => !n.IsDeleted);
            node.Property(n => n.Id).ValueGeneratedNever();
        });
        modelBuilder.Entity<Student>().HasMany(s => s.Courses).WithMany().UsingEntity(
            "StudentCourse", right => right.HasOne(typeof(Course)).WithMany().HasForeignKey("CourseId"), left => left.HasOne(typeof(Student)).WithMany().HasForeignKey("StudentId"));
        modelBuilder.Entity<Post>().HasMany(p => p.Comments).WithOne().HasForeignKey("PostId").IsRequired(false).OnDelete(DeleteBehavior.Cascade);
    }

    private static void Values(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Pair>().HasKey(p => new { p.A, p.B });
        modelBuilder.Entity<Ticket>(ticket =>
        {
            ticket.Property(t => t.Id).HasConversion(id => id.Value, value => new(value)).ValueGeneratedNever();
            ticket.Property(t => t.Color).HasConversion<string>();
            ticket.Property(t => t.Price).HasConversion(m => m.Cents, c => Money.Read(c));
            ticket.Property(t => t.Discount).HasConversion(m => m!.Value.Cents, c => Money.Read(c));
        });
        modelBuilder.Entity<Measure>(measure =>
        {
            measure.HasKey(m => m.Code);
            measure.Property(m => m.Padded).HasColumnType("char(5)");
            measure.Property(m => m.Rounded).HasColumnType("numeric(10,2)");
        });
        modelBuilder.Entity<Lease>().Property(l => l.Version).IsRowVersion();
        modelBuilder.Entity<Stock>().Property(s => s.Revision).ValueGeneratedOnAddOrUpdate().IsConcurrencyToken();
        modelBuilder.Entity<Sum>(sum =>
        {
            sum.Property(s => s.Total).HasComputedColumnSql("\"Left\" + \"Right\"", stored: true);
            sum.Property(s => s.Name).HasDefaultValue("none");
            sum.Property(s => s.Level).HasDefaultValueSql("7");
        });
    }
}
