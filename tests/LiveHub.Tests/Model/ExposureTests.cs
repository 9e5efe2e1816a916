using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Model;

public sealed class ExposureTests
{
    [Fact]
    public void Mapped_properties_are_shown_and_shadow_ignored_and_hidden_ones_are_not()
        => Assert.Equal(["id", "name", "size"], Names<Odd>(odd => odd.Hide(o => o.Words)));

    [Fact]
    public void Columns_shows_what_it_names_and_the_key_and_nothing_else()
        => Assert.Equal(["id", "shadow", "skipped"], Names<Odd>(odd => odd.Columns("Shadow", "Skipped")));

    [Fact]
    public void Hide_wins_over_Columns()
        => Assert.Equal(["id", "name"], Names<Odd>(odd => odd.Columns("Name", "Size").Hide(o => o.Size)));

    [Fact]
    public void A_hidden_or_ignored_property_is_captured_and_cannot_be_found_by_a_reader()
    {
        var odd = Find<Odd>(o => o.Hide(x => x.Words));
        Assert.Contains("Skipped", odd.Columns.Select(c => c.PropertyName));
        Assert.Contains("Shadow", odd.Columns.Select(c => c.PropertyName));
        Assert.Null(odd.FindExposed("skipped"));
        Assert.Null(odd.FindExposed("shadow"));
        Assert.Null(odd.FindExposed("words"));
        Assert.Null(odd.FindExposed("Name"));
        Assert.NotNull(odd.FindExposed("name"));
    }

    [Fact]
    public void Of_what_is_hidden_rows_hold_what_is_small_and_what_a_filter_a_key_or_the_type_depends_on()
    {
        var paper = Catalog.ModelOf<PaperDb>(live => live.Expose<Paper>(p => p.Columns("Title"))).Find("Paper")!;
        Assert.Equal(["Scan", "Text"], paper.Columns.Where(c => !c.IsCaptured).Select(c => c.PropertyName).Order());
        Assert.Equal(["AuthorName", "Discriminator", "Id", "Pages", "State", "Title"], paper.Columns.Where(c => c.IsCaptured).Select(c => c.PropertyName).Order());
    }

    [Fact]
    public void JsonIgnore_with_a_condition_hides_nothing()
        => Assert.Contains("size", Names<Odd>(odd => odd.Hide(o => o.Words)));

    [Fact]
    public void A_name_of_its_own_replaces_the_types_name()
    {
        var model = Catalog.ModelOf<CatalogDb>(live => live.Expose<Book>(name: "Volume"));
        Assert.Null(model.Find("Book"));
        Assert.Equal("Volume", model.Find("Volume")!.Name);
        Assert.Null(model.Find("volume"));
    }

    [Fact]
    public void A_join_entity_is_shown_by_its_name_in_the_model_with_all_its_columns()
    {
        Assert.Equal(["bookId", "genreId"], Catalog.BookGenre.Exposed.Select(c => c.Name));
        Assert.Equal(["bookId", "genreId"], Catalog.BookGenre.Key.Select(c => c.Name));
    }

    [Fact]
    public void A_key_of_bytes_and_a_key_with_a_converter_are_keys_like_others()
    {
        Assert.Equal(["hash"], Catalog.Cover.Key.Select(c => c.Name));
        Assert.Equal("base64", Catalog.Cover.Key[0].Codec.Expected);
        Assert.Equal("a 64-bit integer, as a string", Catalog.Author.Key[0].Codec.Expected);
    }

    [Fact]
    public void An_exposed_base_type_takes_the_rows_of_its_derived_types_and_shows_its_own_columns()
    {
        var services = Catalog.ServicesOf<TreeDb>(live => live.Expose<Animal>());
        using var db = services.GetRequiredService<TreeDb>();
        var model = services.GetRequiredService<LiveModel>().For(db)!;
        var animal = Assert.Single(model.Entities);
        Assert.Equal(["id", "name"], animal.Exposed.Select(c => c.Name));
        Assert.Same(animal, model.Find(db.Model.FindEntityType(typeof(Dog))!)!.Entity);
        Assert.Same(animal, model.Find(db.Model.FindEntityType(typeof(Puppy))!)!.Entity);
    }

    [Fact]
    public void An_exposed_derived_type_shows_inherited_columns_and_takes_no_rows_of_other_types()
    {
        var services = Catalog.ServicesOf<TreeDb>(live => live.Expose<Dog>());
        using var db = services.GetRequiredService<TreeDb>();
        var model = services.GetRequiredService<LiveModel>().For(db)!;
        var dog = Assert.Single(model.Entities);
        Assert.Equal(["id", "name", "breed"], dog.Exposed.Select(c => c.Name));
        Assert.Same(dog, model.Find(db.Model.FindEntityType(typeof(Puppy))!)!.Entity);
        Assert.Null(model.Find(db.Model.FindEntityType(typeof(Animal))!));
        Assert.Null(model.Find(db.Model.FindEntityType(typeof(Cat))!));
    }

    [Fact]
    public void F5_the_query_filter_of_a_base_type_holds_for_an_exposed_derived_type()
    {
        var dog = Catalog.ModelOf<TreeDb>(live => live.Expose<Dog>()).Find("Dog")!;
        Assert.True(dog.Filter.Shows(Catalog.Row(dog, ("IsDeleted", false))));
        Assert.False(dog.Filter.Shows(Catalog.Row(dog, ("IsDeleted", true))));
    }

    [Fact]
    public void Several_contexts_are_one_model()
    {
        var services = Catalog.ServicesOf<CatalogDb>(Catalog.Expose, more: s => s
            .AddDbContext<TreeDb>(o => o.UseNpgsql("Host=none"))
            .AddLiveHub<TreeDb>(live => live.Expose<Dog>()));
        var model = services.GetRequiredService<LiveModel>();
        Assert.Equal(["Author", "Book", "BookGenre", "Copy", "Cover", "Dog", "Genre"], model.Entities.Select(e => e.Name));
        using var db = services.GetRequiredService<TreeDb>();
        Assert.Same(model.Find("Dog"), Assert.Single(model.For(db)!.Entities));
    }

    internal static IReadOnlyProperty PropertyOf<TContext, TEntity>(string property)
        where TContext : DbContext
    {
        using var db = Catalog.ServicesOf<TContext>(_ => { }).GetRequiredService<TContext>();
        return db.Model.FindEntityType(typeof(TEntity))!.FindProperty(property)!;
    }

    private static Entity Find<T>(Action<EntityBuilder<T>> configure)
        where T : class
        => Catalog.ModelOf<OddDb>(live => live.Expose(configure)).Find(typeof(T).Name)!;

    private static IEnumerable<string> Names<T>(Action<EntityBuilder<T>> configure)
        where T : class
        => Find(configure).Exposed.Select(c => c.Name);

    private sealed class PaperDb(DbContextOptions<PaperDb> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Person>().HasKey(p => p.Name);
            modelBuilder.Entity<Paper>().HasQueryFilter(p => p.State != "gone");
            modelBuilder.Entity<Essay>();
        }
    }

    private class Paper
    {
        public int Id { get; set; }

        public string Title { get; set; } = "";

        public string Text { get; set; } = "";

        public byte[] Scan { get; set; } = [];

        public int Pages { get; set; }

        public string State { get; set; } = "";

        public Person? Author { get; set; }

        public string? AuthorName { get; set; }
    }

    private sealed class Essay : Paper;

    private sealed class Person
    {
        public string Name { get; set; } = "";
    }
}
