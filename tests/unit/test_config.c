/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration of guests: what is read, and how what is wrong is said.
 * Links: dom0/cfg/config.c dom0/cfg/config_device.c core/lib/str.c
 * Links: core/lib/bitmap.c tests/unit/fake_mem.c dom0/rt/text.c
 */
#include <stdio.h>
#include <string.h>

#include <core/lib/errno.h>
#include <dom0/cfg/config.h>
#include <tests/unit/unit.h>

static struct config c;
static char said[2000];

static void report(void *ctx, const char *text)
{
    strncat(said, text, sizeof(said) - strlen(said) - 2);
    strcat(said, "\n");
}

static unsigned int parse(const char *text)
{
    config_free(&c);
    said[0] = '\0';
    return config_parse(&c, "g.cfg", text, strlen(text), report, NULL);
}

TEST(whole)
{
    CHECK_EQ(parse("# two guests\n"
                   "name = \"one\"; kernel='vmlinuz'\n"
                   "ramdisk = \"initrd.img\"   # comment\n"
                   "extra = \"console=hvc0 a=\\\"b\\\"\"\nroot='/dev/xvda'\n"
                   "memory = 256\nmaxmem=0x200\nvcpus = 2\n"
                   "cpus = \"0-1\"\ncpu_weight=512\ncap = 50\n"
                   "on_crash = \"preserve\"\non_reboot='restart'\n"
                   "disk = [ 'target=d.img, format=raw, vdev=xvda,"
                   "access=ro',\n   \"e.img,raw,xvdb2,rw\", ]\n"
                   "vif = [ 'mac=00:16:3e:01:02:ff,bridge=xenbr0', '' ]\n"
                   "type = 'pvh'\n"
                   "name='two'\nkernel='k'\ncmdline='x'\nextra='y'\n"
                   "autostart=0"), 0);
    CHECK_STR(said, "");
    REQUIRE(c.count == 2);

    const struct config_guest *const g = c.guest[0];

    CHECK_STR(g->name, "one");
    CHECK_STR(g->kernel, "vmlinuz");
    CHECK_STR(g->ramdisk, "initrd.img");
    CHECK_STR(g->cmdline, "root=/dev/xvda console=hvc0 a=\"b\"");
    CHECK_EQ(g->memory, 256);
    CHECK_EQ(g->maxmem, 512);
    CHECK_EQ(g->vcpus, 2);
    CHECK_EQ(g->maxvcpus, 2);
    CHECK_EQ(g->cpu_weight, 512);
    CHECK_EQ(g->cap, 50);
    CHECK_EQ(g->on_crash, CONFIG_PRESERVE);
    CHECK_EQ(g->on_reboot, CONFIG_RESTART);
    CHECK_EQ(g->on_poweroff, CONFIG_DESTROY);
    REQUIRE(g->disk_count == 2);
    CHECK_STR(g->disk[0].target, "d.img");
    CHECK_EQ(g->disk[0].number, 202 << 8);
    CHECK(g->disk[0].read_only);
    CHECK_STR(g->disk[1].target, "e.img");
    CHECK_EQ(g->disk[1].number, 202 << 8 | 1 << 4 | 2);
    CHECK(!g->disk[1].read_only);
    REQUIRE(g->vif_count == 2);
    CHECK_EQ(g->vif[0].mac[5], 0xff);
    CHECK_EQ(g->vif[1].mac[0], 0);
    CHECK(!g->is_bad);

    CHECK(g->autostart);
    CHECK(!c.guest[1]->autostart);
    CHECK_STR(c.guest[1]->cmdline, "x");
    CHECK_EQ(c.guest[1]->maxmem, 128);
    CHECK_EQ(c.guest[1]->cpu_weight, 256);
    config_free(&c);
}

/* One mistake, what is said of it, and whether the guest is spoilt. */
static const struct {
    const char *text;
    const char *said;
} wrong[] = {
    { "memroy = 3", "g.cfg:3: unknown key \"memroy\": is \"memory\" meant?\n" },
    { "frobnicate = 3",
      "g.cfg:3: unknown key \"frobnicate\": take it out\n" },
    { "memory = 1", "g.cfg:3: memory = 1 is out of range: 4 to 1048576\n" },
    { "memory = '64'", "g.cfg:3: memory wants a number, without quotes\n" },
    { "memory = 6g",
      "g.cfg:3: a value that is no number: strings need quotes, lists [ ]\n" },
    { "extra = 5", "g.cfg:3: extra wants a string, in quotes\n" },
    { "extra = 'x\ny'",
      "g.cfg:3: a string without its end: close it with '\n" },
    { "memory 64", "g.cfg:3: not a statement: write key = value\n" },
    { "on_crash = 'dance'", "g.cfg:3: on_crash = \"dance\" is not known: "
      "destroy, restart and preserve are\n" },
    { "type = 'hvm'",
      "g.cfg:3: type = \"hvm\" does not work here: \"pvh\" does\n" },
    { "disk = 'x'", "g.cfg:3: disk wants a list: write disk = [ '...' ]\n" },
    { "memory = [ 'x' ]", "g.cfg:3: memory wants no list: one value\n" },
    { "disk = [ 'x.img,raw,floppy' ]", "g.cfg:3: disk: no target, or "
      "\"floppy\" is no vdev: write 'target=file, vdev=xvda'\n" },
    { "disk = [ 'x.img,qcow2,xvda' ]", "g.cfg:3: disk: \"qcow2\" is not "
      "known: write 'target=file, format=raw, vdev=xvda, access=rw'\n" },
    { "disk = [ 'x,,xvda', 'y,,xvda' ]", "g.cfg:3: disk: a second xvda\n" },
    { "vif = [ 'mac=01:00:00:00:00:00' ]", "g.cfg:3: vif: \"mac=01:00:00:00:"
      "00:00\" is not known: write 'mac=00:16:3e:xx:xx:xx'\n" },
    { "vif = [ 'x' ",
      "g.cfg:3: vif: \"x\" is not known: write 'mac=00:16:3e:xx:xx:xx'\n"
      "g.cfg:4: a list without its end: close it with ]\n" },
    { "memory = 64 65",
      "g.cfg:3: something behind the value of memory: one statement a line\n" },
};

TEST(wrong)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        char text[300];

        snprintf(text, sizeof(text), "name = 'a'\nkernel = 'k'\n%s\n%s",
                 wrong[i].text, "name='b'\nkernel='k'\n");
        CHECK(parse(text) >= 1);
        CHECK(strncmp(said, wrong[i].said, strlen(wrong[i].said)) == 0);
        if (strncmp(said, wrong[i].said, strlen(wrong[i].said)) != 0) {
            printf("%s", said);
        }
        REQUIRE(c.count >= 1);
        CHECK(c.guest[0]->is_bad);
        if (c.count == 2 && strstr(text, "x\ny") == NULL) {
            CHECK(!c.guest[1]->is_bad);
        }
    }
    config_free(&c);
}

TEST(whole_guest)
{
    CHECK_EQ(parse("kernel = 'x'"), 1);
    CHECK_STR(said, "g.cfg:1: kernel comes before a name: begin each guest "
              "with name = \"...\"\n");
    CHECK_EQ(parse("name = 'x'\n"), 1);
    CHECK_STR(said, "g.cfg:1: guest \"x\" has no kernel: add kernel = "
              "\"file\"\n");
    CHECK_EQ(parse("name='x'\nkernel='k'\nname='x'\nkernel='k'"), 1);
    CHECK_STR(said, "g.cfg:3: a second guest \"x\": names must differ\n");
    CHECK(!c.guest[0]->is_bad);
    CHECK(c.guest[1]->is_bad);
    config_free(&c);
}

TEST(cpus)
{
    uint64_t map[2] = { 0, 0 };

    CHECK_EQ(config_cpus("all", map, 70), 0);
    CHECK_EQ(map[0], ~0ull);
    CHECK_EQ(map[1], 0x3f);
    map[0] = 0;
    CHECK_EQ(config_cpus("0-3,^2,6", map, 8), 0);
    CHECK_EQ(map[0], 0x4b);
    CHECK_EQ(config_cpus("8", map, 8), -ERANGE);
    CHECK_EQ(config_cpus("3-1", map, 8), -EINVAL);
    CHECK_EQ(config_cpus("1,", map, 8), -EINVAL);
    CHECK_EQ(config_cpus("0,^0", map, 8), -EINVAL);
    CHECK_EQ(config_cpus("1;2", map, 8), -EINVAL);
}

TEST(vdev)
{
    uint32_t number;

    CHECK_EQ(config_vdev("xvda", &number), 0);
    CHECK_EQ(number, 51712);
    CHECK_EQ(config_vdev("xvdq", &number), 0);
    CHECK_EQ(number, 1u << 28 | 16 << 8);
    CHECK_EQ(config_vdev("sdb3", &number), 0);
    CHECK_EQ(number, 51712 + 19);
    CHECK_EQ(config_vdev("xvd", &number), -EINVAL);
    CHECK_EQ(config_vdev("xvda01", &number), -EINVAL);
    CHECK_EQ(config_vdev("xvda-1", &number), -EINVAL);
    CHECK_EQ(config_vdev("hda", &number), -EINVAL);
}
