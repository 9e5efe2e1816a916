namespace LiveHub.PostgreSql.Tests.Yard;

/// <summary>A row that points at its own table, with a soft delete.</summary>
public sealed class Node
{
    public int Id { get; set; }

    public int? ParentId { get; set; }

    public Node? Parent { get; set; }

    public string Name { get; set; } = "";

    public bool IsDeleted { get; set; }
}

/// <summary>A skip navigation to <see cref="Course"/>.</summary>
public sealed class Student
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public List<Course> Courses { get; } = [];
}

public sealed class Course
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

/// <summary>Has comments, which the database deletes with it.</summary>
public sealed class Post
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public List<Comment> Comments { get; } = [];
}

/// <summary>Its foreign key is a shadow property.</summary>
public sealed class Comment
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}
