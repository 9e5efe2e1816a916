using LiveHub.PostgreSql.Tests.Yard;
using LiveHub.Tests.Infrastructure;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.PostgreSql.Tests.Capture.Sequences;

/// <summary>Every type of both models. Keys and references come from few values, so that many of them clash or lead nowhere.</summary>
internal static class Kinds
{
    public static readonly IReadOnlyList<Kind> All =
    [
        new Kind<ShopDb, Shelf>(r => new() { Name = Text(r) }, (s, r) => (s.Name, s.Photo) = (Text(r), Bytes(r)), null, null, "Item", "ItemTag"),
        new Kind<ShopDb, Item>(r => new() { ShelfId = Few(r), Name = Text(r), Tags = { new() { Name = Text(r) } } }, ChangeItem, null, q => q.Include(i => i.Tags), "Tag", "ItemTag"),
        new Kind<ShopDb, Tag>(r => new() { Name = Text(r) }, (t, r) => t.Name = Text(r), null, null, "ItemTag"),
        new Kind<ShopDb, Price>(r => new() { ItemId = Few(r), Currency = Text(r)[..1], Cents = r.Next() }, (p, r) => p.Cents = Few(r)),
        new Kind<YardDb, Vehicle>(NewVehicle, ChangeVehicle),
        new Kind<YardDb, Document>(r => r.Next(2) == 0 ? new Invoice { Name = Text(r), Total = r.Next(99) } : new Letter { Name = Text(r) }, (d, r) => d.Name = Text(r), "Invoice"),
        new Kind<YardDb, Cat>(r => new() { Name = Text(r), Lives = Few(r) }, (c, r) => (c.Name, c.Lives) = r.Next(2) == 0 ? (Text(r), c.Lives) : (c.Name, Few(r))),
        new Kind<YardDb, Dog>(r => new() { Name = Text(r), Trick = Text(r) }, (d, r) => _ = r.Next(2) == 0 ? d.Name = Text(r) : d.Trick = Text(r)),
        new Kind<YardDb, Plant>(r => r.Next(2) == 0 ? new() { Name = Text(r) } : new Tree { Name = Text(r), Height = Few(r) }, (p, r) => p.Name = Text(r)),
        new Kind<YardDb, Figure>(NewFigure, ChangeFigure),
        new Kind<YardDb, Profile>(r => new() { Name = Text(r), Bio = Text(r), Age = Few(r) }, (p, r) => _ = r.Next(2) == 0 ? p.Name = Text(r) : p.Bio = Text(r)),
        new Kind<YardDb, Customer>(NewCustomer, ChangeCustomer),
        new Kind<YardDb, Product>(r => new() { Name = Text(r), Size = { Width = Few(r) }, Packed = { Height = Few(r) } }, ChangeProduct),
        new Kind<YardDb, Node>(r => new() { Id = Few(r), ParentId = Maybe(r), Name = Text(r) }, ChangeNode),
        new Kind<YardDb, Student>(r => new() { Name = Text(r), Courses = { new() { Name = Text(r) } } }, ChangeStudent, null, q => q.Include(s => s.Courses), "Course", "StudentCourse"),
        new Kind<YardDb, Course>(r => new() { Name = Text(r) }, (c, r) => c.Name = Text(r), null, null, "StudentCourse"),
        new Kind<YardDb, Post>(r => new() { Name = Text(r), Comments = { new() { Name = Text(r) } } }, ChangePost, null, q => q.Include(p => p.Comments), "Comment"),
        new Kind<YardDb, Post>(r => new() { Name = Text(r) }, (p, r) => p.Name = Text(r), null, null, "Comment"),
        new Kind<YardDb, Comment>(r => new() { Name = Text(r) }, (c, r) => c.Name = Text(r)),
        new Kind<YardDb, Pair>(r => new() { A = Few(r), B = Text(r)[..1], Name = Text(r) }, (p, r) => (p.Name, p.Data) = (Text(r), Bytes(r))),
        new Kind<YardDb, Ticket>(r => new() { Id = new(Few(r)), Name = Text(r) }, (t, r) => (t.Color, t.Price, t.Discount) = ((Color)r.Next(3), new(Few(r)), Maybe(r) is { } d ? new(d) : null)),
        new Kind<YardDb, Measure>(NewMeasure, ChangeMeasure),
        new Kind<YardDb, Lease>(r => new() { Name = Text(r) }, (l, r) => l.Name = Text(r)),
        new Kind<YardDb, Stock>(r => new() { Name = Text(r) }, (s, r) => s.Name = Text(r)),
        new Kind<YardDb, Sum>(r => new() { Left = Few(r), Right = Few(r) }, (s, r) => (s.Left, s.Name) = (Few(r), r.Next(2) == 0 ? null : Text(r))),
        new Kind<YardDb, Sign>(r => new() { Name = Text(r) }, (s, r) => s.Name = Text(r)),
        new Kind<YardDb, Odd>(r => new() { Name = Text(r) }, (o, r) => (o.Name, o.Plain) = (Text(r), Text(r))),
    ];

    private static int Few(Random random) => random.Next(1, 7);

    private static int? Maybe(Random random) => random.Next(3) == 0 ? null : Few(random);

    private static string Text(Random random) => new((char)('a' + random.Next(5)), random.Next(1, 5));

    private static byte[] Bytes(Random random) => [.. Enumerable.Repeat((byte)random.Next(3), random.Next(3))];

    private static void ChangeItem(Item item, Random random)
    {
        switch (random.Next(5))
        {
            case 0:
                item.Tags.Clear();
                break;
            case 1:
                item.Tags.Add(new() { Name = Text(random) });
                break;
            case 2:
                item.ShelfId = Few(random);
                break;
            case 3:
                item.IsDeleted = !item.IsDeleted;
                break;
            default:
                (item.Name, item.OwnerId, item.Secret) = (Text(random), Maybe(random), Text(random));
                break;
        }
    }

    private static Vehicle NewVehicle(Random random) => random.Next(3) switch
    {
        0 => new Car { Name = Text(random), Seats = Few(random) },
        1 => new Truck { Name = Text(random), Load = Maybe(random) },
        _ => new() { Name = Text(random) },
    };

    private static void ChangeVehicle(Vehicle vehicle, Random random)
    {
        if (vehicle is Car car && random.Next(2) == 0)
        {
            car.Seats++;
        }
        else
        {
            vehicle.Name = Text(random);
        }
    }

    private static Figure NewFigure(Random random) => random.Next(3) switch
    {
        0 => new Circle { Name = Text(random), Radius = random.NextDouble() },
        1 => new Box { Name = Text(random), Side = Few(random) },
        _ => new() { Name = Text(random) },
    };

    private static void ChangeFigure(Figure figure, Random random)
    {
        if (figure is Box box && random.Next(2) == 0)
        {
            box.Side++;
        }
        else
        {
            figure.Name = Text(random);
        }
    }

    private static Customer NewCustomer(Random random) => new()
    {
        Name = Text(random),
        Home = random.Next(2) == 0 ? null : new() { Street = Text(random) },
        Work = random.Next(2) == 0 ? null : new() { Street = Text(random), Number = Maybe(random) },
        Phones = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new Phone { Digits = Text(random) })],
    };

    private static void ChangeCustomer(Customer customer, Random random)
    {
        switch (random.Next(6))
        {
            case 0:
                customer.Home = random.Next(2) == 0 ? null : new() { Street = Text(random) };
                break;
            case 1:
                customer.Home?.Street = Text(random);
                break;
            case 2:
                customer.Work = random.Next(2) == 0 ? null : new() { Number = Maybe(random) };
                break;
            case 3:
                customer.Work?.Number = Maybe(random);
                break;
            case 4:
                customer.Phones.Add(new() { Digits = Text(random), Mobile = random.Next(2) == 0 });
                break;
            default:
                customer.Name = Text(random);
                break;
        }
    }

    private static void ChangeProduct(Product product, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                product.Size.Width = Few(random);
                break;
            case 1:
                product.Packed.Height = Few(random) / 7m;
                break;
            default:
                product.Name = Text(random);
                break;
        }
    }

    private static void ChangeNode(Node node, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                node.ParentId = Maybe(random);
                break;
            case 1:
                node.IsDeleted = !node.IsDeleted;
                break;
            default:
                node.Name = Text(random);
                break;
        }
    }

    private static void ChangeStudent(Student student, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                student.Courses.Clear();
                break;
            case 1:
                student.Courses.Add(new() { Name = Text(random) });
                break;
            default:
                student.Name = Text(random);
                break;
        }
    }

    private static void ChangePost(Post post, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                post.Comments.Clear();
                break;
            case 1:
                post.Comments.Add(new() { Name = Text(random) });
                break;
            default:
                post.Name = Text(random);
                break;
        }
    }

    private static Measure NewMeasure(Random random)
    {
        var measure = new Measure { Code = Text(random) };
        ChangeMeasure(measure, random);
        return measure;
    }

    private static void ChangeMeasure(Measure measure, Random random)
    {
        var at = new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(random.NextInt64(TimeSpan.TicksPerDay * 400));
        (measure.Padded, measure.Rounded, measure.At) = (Text(random), (decimal)random.NextDouble() * 1000, at);
        measure.Offset = random.Next(2) == 0 ? null : new DateTimeOffset(at.AddTicks(3), TimeSpan.Zero);
        (measure.Took, measure.Time) = (TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerDay)), TimeOnly.FromDateTime(at));
        (measure.Day, measure.Small, measure.Large) = (random.Next(2) == 0 ? null : DateOnly.FromDateTime(at), (float)random.NextDouble(), random.NextDouble());
        (measure.Raw, measure.Numbers) = (random.Next(2) == 0 ? null : Bytes(random), [.. Enumerable.Range(0, random.Next(3))]);
    }
}
