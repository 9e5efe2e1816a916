using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Saves without a transaction of the application's.</summary>
public abstract partial class CaptureSpecification
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_save_of_one_command_is_one_changeset_with_the_generated_key(bool async)
    {
        await ShopAsync(async db =>
        {
            db.Add(new Item { ShelfId = 1, Name = "cup" });
            await db.SaveAsync(async);
        });

        Assert.Equal([["Insert Item 1 cup"]], await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task G5_a_save_of_several_commands_is_one_changeset(bool async)
    {
        await GivenAsync<ShopDb>(new Item { ShelfId = 1, Name = "a" }, new Item { ShelfId = 1, Name = "b" });
        await ShopAsync(async db =>
        {
            var items = await db.Items.OrderBy(i => i.Id).ToListAsync();
            items[0].Name = "a2";
            db.Remove(items[1]);
            db.AddRange(new Item { ShelfId = 1, Name = "c" }, new Shelf { Name = "third" }, new Tag { Name = "red" });
            await db.SaveAsync(async);
        });

        var changes = Assert.Single(await LogAsync());
        Assert.Equal(["Delete Item 2 b", "Insert Item 3 c", "Insert Shelf 3 third", "Update Item 1 a -> a2"], changes.Where(c => !c.Contains("Tag", StringComparison.Ordinal)));
        Assert.Equal(5, changes.Length);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_a_save_of_nothing_is_nothing(bool async)
    {
        await ShopAsync(async db =>
        {
            await db.SaveAsync(async);
            (await db.Shelves.FirstAsync()).Name += "";
            await db.SaveAsync(async);
        });

        Assert.Empty(await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_1_an_update_that_changes_no_value_is_nothing(bool async)
    {
        await ShopAsync(async db =>
        {
            db.Update(new Shelf { Id = 1, Name = "top" });
            await db.SaveAsync(async);
        });

        Assert.Empty(await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_4_join_rows_of_a_skip_navigation_are_rows_like_others(bool async)
    {
        await YardAsync(async db =>
        {
            var student = new Student { Name = "Ada", Courses = { new() { Name = "Logic" }, new() { Name = "Poetry" } } };
            db.Add(student);
            await db.SaveAsync(async);
            student.Courses.RemoveAt(0);
            await db.SaveAsync(async);
        });

        Assert.Equal(
            [["Insert Course 1 Logic", "Insert Course 2 Poetry", "Insert Student 1 Ada", "Insert StudentCourse 1,1", "Insert StudentCourse 2,1"], ["Delete StudentCourse 1,1"]],
            await LogAsync());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Rule_4_a_row_of_a_derived_type_is_one_of_the_exposed_base(bool async)
    {
        await YardAsync(async db =>
        {
            var car = new Car { Name = "Fiat", Seats = 4 };
            db.AddRange(car, new Letter { Name = "private", Text = "dear" }, new Invoice { Name = "first", Total = 1 });
            await db.SaveAsync(async);
            car.Name = "Fiat 500";
            await db.SaveAsync(async);
        });

        var log = await LogAsync();
        Assert.Equal(2, log.Count);
        Assert.Contains("Insert Vehicle 1 Fiat", log[0]);
        Assert.DoesNotContain(log[0], c => c.Contains("private", StringComparison.Ordinal));
        Assert.Equal(2, log[0].Length);
        Assert.Equal(["Update Vehicle 1 Fiat -> Fiat 500"], log[1]);
    }

    [Theory, InlineData("TPT", true), InlineData("TPT", false), InlineData("TPC", true), InlineData("TPC", false), InlineData("split", true), InlineData("split", false)]
    public async Task Rule_4_rows_of_several_tables_are_whole(string form, bool async)
    {
        object row = form switch { "TPT" => new Cat { Name = "Tom", Lives = 7 }, "TPC" => new Box { Name = "Tom", Side = 7 }, _ => new Profile { Name = "Tom", Bio = "b", Age = 7 } };
        var name = form switch { "TPT" => "Cat", "TPC" => "Figure", _ => "Profile" };
        await YardAsync(async db =>
        {
            db.Add(row);
            await db.SaveAsync(async);
            db.Entry(row).Property("Name").CurrentValue = "Tim";
            await db.SaveAsync(async);
            db.Entry(row).Property(form switch { "TPT" => "Lives", "TPC" => "Side", _ => "Age" }).CurrentValue = 8;
            await db.SaveAsync(async);
            db.Remove(row);
            await db.SaveAsync(async);
        });

        var log = await LogAsync();
        Assert.Equal([$"Insert {name} 1 Tom"], log[0]);
        Assert.Equal([$"Update {name} 1 Tom -> Tim"], log[1]);
        Assert.Equal([$"Delete {name} 1 Tim"], log[^1]);
        Assert.Equal(form == "TPC" ? 3 : 4, log.Count);
    }

    [Theory, InlineData("Home", true), InlineData("Home", false), InlineData("Work", true), InlineData("Work", false), InlineData("Phones", true), InlineData("Phones", false)]
    public async Task Rule_4_a_change_of_an_owned_part_alone_is_a_change_of_its_owner(string part, bool async)
    {
        await GivenAsync<YardDb>(new Customer { Name = "Ada", Home = new() { Street = "h" }, Work = new() { Street = "w" }, Phones = { new() { Digits = "1" } } });
        await YardAsync(async db =>
        {
            var customer = await db.Set<Customer>().SingleAsync();
            switch (part)
            {
                case "Home":
                    customer.Home!.Street = "new";
                    break;
                case "Work":
                    customer.Work!.Street = "new";
                    break;
                default:
                    customer.Phones[0].Digits = "2";
                    break;
            }

            await db.SaveAsync(async);
        });

        await AssertPartChangedAsync("Customer", part, "Update Customer 1 Ada -> Ada");
    }

    [Theory, InlineData("Size", true), InlineData("Size", false), InlineData("Packed", true), InlineData("Packed", false)]
    public async Task Rule_4_a_change_of_a_complex_part_alone_is_a_change_of_its_row(string part, bool async)
    {
        await GivenAsync<YardDb>(new Product { Name = "tea" });
        await YardAsync(async db =>
        {
            var product = await db.Set<Product>().SingleAsync();
            (part == "Size" ? product.Size : product.Packed).Width = 5;
            await db.SaveAsync(async);
        });

        await AssertPartChangedAsync("Product", part, "Update Product 1 tea -> tea");
    }

    [Fact]
    public async Task Rule_1_ten_thousand_rows_in_one_save_are_one_changeset()
    {
        await ShopAsync(async db =>
        {
            db.ChangeTracker.AutoDetectChangesEnabled = false;
            db.AddRange(Enumerable.Range(1, 10_000).Select(i => new Price { ItemId = i, Currency = "EUR", Cents = i }));
            await db.SaveChangesAsync();
        });

        Assert.Equal(10_000, Assert.Single(await ReadAsync()).Changeset.Changes.Length);
    }

    [Fact]
    public async Task Entities_that_are_not_exposed_are_not_captured()
    {
        await ShopAsync(async db =>
        {
            db.Add(new Note { Text = "private" });
            await db.SaveChangesAsync();
        });

        Assert.Empty(await LogAsync());
    }

    /// <summary>Parts that are no columns of their entity are nobody's change.</summary>
    private async Task AssertPartChangedAsync(string entity, string part, string change)
    {
        var isColumn = _app.Model.Find(entity)!.Columns.Any(c => c.Name.Equals(part, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(isColumn ? [[change]] : [], await LogAsync());
    }
}
